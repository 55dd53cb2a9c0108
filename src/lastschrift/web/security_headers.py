"""What every answer tells a browser that is led to it: keep nothing, show nothing, guess nothing.

Our answers are for programs, and nothing in them is a page. `lastschrift.web.endpoint` writes these
headers out once for each API, `lastschrift.web.guarded` adds them to what is served beside the
APIs, and `last_answer` to what is said of bytes that are no request. Who has a page for people says
what holds for that page instead.

``Strict-Transport-Security`` is for who speaks TLS to add, the proxy: over plain HTTP it must not
be sent (RFC 6797 §7.2). The ``Server`` header is sent by nobody.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from lastschrift.web.http import Header, HeaderBlock, header_lines

SECURITY_HEADERS: Final[tuple[Header, ...]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""As OWASP's REST Security Cheat Sheet has them; ``X-Frame-Options`` is what older browsers have
for ``frame-ancestors``."""


def secured(headers: Iterable[Header]) -> list[Header]:
    """Return headers with those that every answer has, but for what they say themselves."""
    given = list(headers)
    names = {name.lower() for name, _ in given}
    return [*(header for header in SECURITY_HEADERS if header[0] not in names), *given]


def secured_block(block: HeaderBlock) -> HeaderBlock:
    """Return a block of headers with those that every answer has."""
    return HeaderBlock(*secured(block.headers))


def last_answer(status: HTTPStatus, text: str, headers: Iterable[Header] = ()) -> bytes:
    """Return all bytes of an answer after which the connection is closed."""
    body = text.encode()
    lines = secured(
        [
            *headers,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
    )
    status_line = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    return status_line + header_lines(lines) + b"\r\n" + body
