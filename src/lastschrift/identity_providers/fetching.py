"""Fetching what a provider publishes: one GET, by TLS, in bounded time and of bounded size.

What is fetched decides whom we believe: nothing but ``https`` is asked (``http`` on this machine
only), certificates are checked, and no redirect is followed. It runs on the event loop and waits
for the network only.
"""

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httptools

from lastschrift import __version__

ANSWER_BYTES_MAX: Final = 262_144
TIMEOUT_S: Final = 5
_READ_BYTES = 16_384


class FetchFailed(Exception):
    """Nothing usable came from a provider; the text says what, in fixed words."""


class AddressRefused(FetchFailed):
    """The address is none that we fetch from."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to fetch something; `Address.parse` makes one that is safe to ask."""

    host: str
    port: int
    target: str
    has_tls: bool

    @classmethod
    def parse(cls, url: str, *, is_plain_allowed: bool = True) -> "Address":
        """Return where an ``https`` URL leads; ``http`` is for this machine only.

        Raises: AddressRefused.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise AddressRefused("its address can't be read") from None
        is_plain = parts.scheme == "http" and is_plain_allowed and is_loopback(parts.hostname)
        if not parts.hostname or not _is_visible(url) or parts.username is not None:
            raise AddressRefused("its address can't be read")
        if parts.scheme != "https" and not is_plain:
            raise AddressRefused("its address is not https")
        return cls(
            host=parts.hostname,
            port=port or (80 if is_plain else 443),
            target=_target(parts),
            has_tls=not is_plain,
        )

    def head(self) -> bytes:
        """Return the request, which has no body."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (
            f"GET {self.target} HTTP/1.1\r\n"
            f"Host: {host}:{self.port}\r\n"
            "Accept: application/json\r\n"
            f"User-Agent: lastschrift/{__version__}\r\n"
            "Connection: close\r\n\r\n"
        ).encode("ascii")


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _is_visible(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class Fetcher:
    """Fetches from providers; certificates are checked against the system's authorities.

    The variable ``SSL_CERT_FILE`` names others (OpenSSL's own way).
    """

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._tls: ssl.SSLContext | None = None

    async def fetch(self, address: Address) -> bytes:
        """Return the body of a 200.

        Raises: FetchFailed.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._fetch(address)
        except TimeoutError:
            raise FetchFailed("it took too long") from None
        except ssl.SSLCertVerificationError as error:
            raise FetchFailed("its certificate is not trusted") from error
        except OSError as error:
            raise FetchFailed("it can't be reached") from error

    async def _fetch(self, address: Address) -> bytes:
        tls = await self._tls_context() if address.has_tls else None
        reader, writer = await asyncio.open_connection(address.host, address.port, ssl=tls)
        try:
            writer.write(address.head())
            return await _read_answer(reader)
        finally:
            writer.transport.abort()

    async def _tls_context(self) -> ssl.SSLContext:
        """Return what TLS is done by; it takes some 20 ms to make, so a thread makes it."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        return self._tls


class _Answer:
    """What the parser tells of an answer (`httptools`' protocol)."""

    def __init__(self) -> None:
        self.body = b""
        self.is_whole = False
        self.ends_with_connection = False
        self._tells_its_end = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self._tells_its_end = True

    def on_headers_complete(self) -> None:
        self.ends_with_connection = not self._tells_its_end

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.is_whole = True


async def _read_answer(reader: asyncio.StreamReader) -> bytes:
    """Return the body of an answer, which must be a 200.

    Raises: FetchFailed; OSError.
    """
    answer = _Answer()
    parser = httptools.HttpResponseParser(answer)
    bytes_read = 0
    while not answer.is_whole:
        received = await reader.read(_READ_BYTES)
        if not received:
            break
        bytes_read += len(received)
        if bytes_read > ANSWER_BYTES_MAX:
            raise FetchFailed("its answer is too long")
        try:
            parser.feed_data(received)
        except httptools.HttpParserError as error:
            raise FetchFailed("its answer is no HTTP") from error
    is_whole = answer.is_whole or answer.ends_with_connection
    if not is_whole or parser.get_status_code() != 200:
        raise FetchFailed("its answer is no 200, or not whole")
    return answer.body
