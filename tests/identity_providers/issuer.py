"""An identity provider inside a test: keys made there, published on loopback, tokens signed.

Signatures are made by `cryptography` alone, so that what verifies them is checked by other code
than its own.

async with Issuer.serving(clock) as issuer:
    token = issuer.token(sub="jon.smith", scope="pay:payment-methods:read")
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurve,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from lastschrift.domain.access import Secret
from lastschrift.domain.identity import ClientId
from lastschrift.identity_providers.provider import Provider
from lastschrift.operations.ports import Clock

AUDIENCE = "lastschrift"
KEYS_PATH = "/keys"
CONFIGURATION_PATH = "/.well-known/openid-configuration"

Json = dict[str, Any]


# --- keys -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key by the name that it is published under."""

    id: str
    algorithm: str
    private: RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey

    def sign(self, signed: bytes) -> bytes:
        """Return a signature as JWS writes it (RFC 7518 §3, RFC 8037 §3.1)."""
        match self.private:
            case RSAPrivateKey():
                return self.private.sign(signed, PKCS1v15(), SHA256())
            case EllipticCurvePrivateKey():
                size = (self.private.curve.key_size + 7) // 8
                numbers = decode_dss_signature(self.private.sign(signed, ECDSA(SHA256())))
                return b"".join(number.to_bytes(size, "big") for number in numbers)
            case Ed25519PrivateKey():
                return self.private.sign(signed)

    def published(self, **more: object) -> Json:
        """Return the key as a set describes it (RFC 7517)."""
        return {"kid": self.id, "use": "sig", "alg": self.algorithm, **self._members(), **more}

    def _members(self) -> Json:
        match self.private:
            case RSAPrivateKey():
                rsa = self.private.public_key().public_numbers()
                return {"kty": "RSA", "n": number(rsa.n), "e": number(rsa.e)}
            case EllipticCurvePrivateKey():
                point = self.private.public_key().public_numbers()
                size = (self.private.curve.key_size + 7) // 8
                curve = {"secp256r1": "P-256", "secp384r1": "P-384"}[self.private.curve.name]
                x, y = number(point.x, size), number(point.y, size)
                return {"kty": "EC", "crv": curve, "x": x, "y": y}
            case Ed25519PrivateKey():
                raw = self.private.public_key().public_bytes_raw()
                return {"kty": "OKP", "crv": "Ed25519", "x": base64url(raw)}


def rsa_key(key_id: str = "rsa", bits: int = 2048) -> SigningKey:
    """Make an RSA key."""
    return SigningKey(key_id, "RS256", generate_rsa_key(65537, bits))


def ec_key(key_id: str = "ec", curve: EllipticCurve | None = None) -> SigningKey:
    """Make a key on a curve: P-256 unless another one is named."""
    return SigningKey(key_id, "ES256", generate_private_key(curve or SECP256R1()))


def ed_key(key_id: str = "ed") -> SigningKey:
    """Make an Ed25519 key."""
    return SigningKey(key_id, "EdDSA", Ed25519PrivateKey.generate())


# --- tokens ---------------------------------------------------------------------------------------


def base64url(raw: bytes) -> str:
    """Write bytes in base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int, size: int | None = None) -> str:
    """Write a number as keys have it (RFC 7518 §2, Base64urlUInt)."""
    return base64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def signed(header: object, claims: object, sign: Callable[[bytes], bytes]) -> Secret:
    """Return a token in compact form (RFC 7515 §7.1)."""
    head, body = (base64url(json.dumps(part).encode()) for part in (header, claims))
    signature = base64url(sign(f"{head}.{body}".encode()))
    return Secret(f"{head}.{body}.{signature}")


# --- the provider ---------------------------------------------------------------------------------

Answer = Callable[[], bytes]


@dataclass(slots=True)
class Issuer:
    """A provider that answers on loopback; what it publishes can be changed at any time.

    ``asked`` has the paths that were asked for; ``answers`` wins over what is usual.
    """

    url: str
    clock: Clock
    keys: list[SigningKey]
    asked: list[str] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)
    silence: asyncio.Event = field(default_factory=asyncio.Event)
    _connections: list[asyncio.StreamWriter] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def serving(cls, clock: Clock) -> AsyncIterator["Issuer"]:
        """Serve on a free port until the block ends."""
        issuer = cls("", clock, [KEY])
        issuer.silence.set()
        server = await asyncio.start_server(issuer._serve, "127.0.0.1", 0)
        issuer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield issuer
        finally:
            issuer.silence.set()
            server.close()
            await issuer._hang_up()

    def provider(self, client: ClientId, audience: str = AUDIENCE) -> Provider:
        """Return the provider as it is set up here, found by discovery."""
        return Provider(issuer=self.url, audience=audience, client_id=client)

    def claims(self, **more: object) -> Json:
        """Return what a token of this provider usually claims; None leaves a claim out."""
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.url,
            "sub": "jon.smith",
            "aud": AUDIENCE,
            "exp": now + 300,
            "iat": now,
            "azp": "fuel-app",
            **more,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def header(self, key: SigningKey, /, **more: object) -> Json:
        """Return how a token says that it is signed; None leaves a member out."""
        header = {"alg": key.algorithm, "kid": key.id, "typ": "JWT", **more}
        return {name: value for name, value in header.items() if value is not None}

    def token(self, key: SigningKey | None = None, /, **claims: object) -> Secret:
        """Return a token, signed by the first key unless another one is given."""
        return self.token_with({}, key, **claims)

    def token_with(
        self, header: Mapping[str, object], key: SigningKey | None = None, /, **claims: object
    ) -> Secret:
        """Return a token whose header says something else than is usual."""
        key = key or self.keys[0]
        return signed(self.header(key, **header), self.claims(**claims), key.sign)

    def published(self) -> Json:
        """Return the set of keys."""
        return {"keys": [key.published() for key in self.keys]}

    def configuration(self) -> Json:
        """Return what discovery finds."""
        return {"issuer": self.url, "jwks_uri": self.url + KEYS_PATH}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.append(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ")[1].decode()
            self.asked.append(path)
            await self.silence.wait()
            usual = {CONFIGURATION_PATH: self.configuration(), KEYS_PATH: self.published()}
            writer.write(self.answers.get(path) or answer(200, json.dumps(usual[path]).encode()))
        except asyncio.IncompleteReadError:
            pass  # Who asks may crash before it has asked.
        finally:
            writer.close()

    async def _hang_up(self) -> None:
        """End all connections, also of those who left theirs open."""
        for writer in self._connections:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


def answer(status: int, body: bytes, *headers: bytes) -> bytes:
    """Return an answer as it goes over the wire."""
    lines = [b"HTTP/1.1 %d X" % status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


KEY = rsa_key()
"""Made once for all tests of a process: it takes 50 ms."""
