"""A provider's public keys: read from a JSON Web Key Set (RFC 7517), and found for a token.

A key is for one algorithm, which follows from its own type, never from a token: so no token can
have a key taken for something else. What we can't or won't use in a set is left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import Struct

ALGORITHM_BY_TYPE: Final[Mapping[tuple[str, str | None], str]] = {
    ("RSA", None): "RS256",  # RFC 7518 §3.3
    ("EC", "P-256"): "ES256",  # RFC 7518 §3.4
    ("OKP", "Ed25519"): "EdDSA",  # RFC 8037 §3.1
}
"""What is taken, by type of key and curve. ``none`` and whatever needs a shared secret is not."""

ALGORITHMS: Final = frozenset(ALGORITHM_BY_TYPE.values())

KEYS_MAX: Final = 100
"""How many keys of a set are looked at; providers have one to five."""

_RSA_BITS_MIN = 2048  # RFC 7518 §3.3
_RSA_BITS_MAX = 8192
"""A longer one would make each look at a token dear."""


class NoKeySet(Exception):
    """What was fetched is no set of keys, or none that we can use."""


class PublicKey(Struct, frozen=True):
    """A key that tells whether the provider has signed something."""

    id: str | None
    algorithm: str
    key: jwt.PyJWK


class _Described(Struct):
    """A key as a set describes it (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2)."""

    kty: str
    kid: str | None = None
    use: str | None = None
    alg: str | None = None
    key_ops: list[str] | None = None
    crv: str | None = None
    n: str | None = None
    e: str | None = None
    x: str | None = None
    y: str | None = None
    d: str | None = None

    @property
    def algorithm(self) -> str | None:
        """What the key is good for here: None if for nothing.

        A key whose private part is published is anybody's.
        """
        algorithm = ALGORITHM_BY_TYPE.get((self.kty, self.crv))
        is_for_signatures = self.use in (None, "sig") and "verify" in (self.key_ops or ["verify"])
        is_secret_kept = self.d is None
        is_for_this = self.alg in (None, algorithm)
        return algorithm if is_for_signatures and is_secret_kept and is_for_this else None

    def public_members(self) -> dict[str, str]:
        """Return what makes up the key itself."""
        members = {name: getattr(self, name) for name in ("kty", "crv", "n", "e", "x", "y")}
        return {name: value for name, value in members.items() if value is not None}


class _Document(Struct):
    keys: list[Any]


class KeySet:
    """The keys of a provider that can be used."""

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self._keys = tuple(keys)

    @classmethod
    def read(cls, document: bytes) -> "KeySet":
        """Read a JSON Web Key Set.

        Raises: NoKeySet.
        """
        try:
            described = msgspec.json.decode(document, type=_Document).keys[:KEYS_MAX]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise NoKeySet("what it publishes is no set of keys") from None
        keys = [key for key in map(_read_key, described) if key is not None]
        if not keys:
            raise NoKeySet("it publishes no key that can be used")
        return cls(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, key_id: str | None, algorithm: str) -> PublicKey | None:
        """Return the key of this name for this algorithm.

        A token may leave the name out where there is no choice (RFC 7515 §4.1.4).
        """
        fitting = [key for key in self._keys if key.algorithm == algorithm]
        if key_id is None:
            return fitting[0] if len(fitting) == 1 else None
        return next((key for key in fitting if key.id == key_id), None)


def _read_key(described: object) -> PublicKey | None:
    """Return a key, or None if it can't be used."""
    try:
        told = msgspec.convert(described, _Described)
        if told.algorithm is None:
            return None
        key = jwt.PyJWK(told.public_members(), told.algorithm)
    except (msgspec.ValidationError, jwt.PyJWTError, ValueError):
        return None
    return PublicKey(told.kid, told.algorithm, key) if _is_of_right_size(key) else None


def _is_of_right_size(key: jwt.PyJWK) -> bool:
    if not isinstance(key.key, RSAPublicKey):
        return True  # the curve is the size
    return _RSA_BITS_MIN <= key.key.key_size <= _RSA_BITS_MAX
