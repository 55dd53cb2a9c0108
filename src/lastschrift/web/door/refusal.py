"""The answer to a request that is not let in: 503 in its API's own words, put together in advance.

Under five times the load that can be served four of five requests get it, so it may cost only a
small part of what a request costs. It is made once a second, by the API's own table of errors, and
written again and again; what each answer has of its own (PACE's request id) is put in between. So
the ids within its body are those of a second's overload, not of one request.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import NoReturn

import msgspec

from lastschrift.web.api import Api
from lastschrift.web.errors import Overloaded
from lastschrift.web.http import (
    AsgiScope,
    Edge,
    Header,
    HeaderBlock,
    Request,
    Response,
    header_lines,
)
from lastschrift.web.security_headers import secured_block

_STATUS = HTTPStatus.SERVICE_UNAVAILABLE
_STATUS_LINE = f"HTTP/1.1 {_STATUS.value} {_STATUS.phrase}\r\n".encode()
_BESIDE = HeaderBlock((b"content-type", b"application/json"))
_CLOSE = b"connection: close\r\n"

OwnHeaders = Callable[[Request], Sequence[Header]]


class Refusal:
    """What one API says to requests that are not let in."""

    def __init__(
        self,
        edge: Edge,
        say: Callable[[Overloaded], Response],
        headers: HeaderBlock,
        own_headers: OwnHeaders | None,
    ) -> None:
        self._edge = edge
        self._say = say
        self._lines = secured_block(headers).lines
        self._own_headers = own_headers
        self._date: Sequence[Header] = ()
        self._made: dict[int, tuple[bytes, bytes]] = {}

    @classmethod
    def of(cls, api: Api, edge: Edge) -> "Refusal":
        """Return what an API says."""
        headers = api.headers.beside(api.body_headers)
        return cls(edge, api.errors.answer, headers, api.own_headers)

    @classmethod
    def beside(cls, edge: Edge) -> "Refusal":
        """Return what is said beside all APIs."""
        return cls(edge, _say_beside, _BESIDE, None)

    @property
    def is_each_its_own(self) -> bool:
        """Whether answers to equal requests differ."""
        return self._own_headers is not None

    def answer(
        self, scope: AsgiScope, date: Sequence[Header], retry_after_s: int, *, keep_alive: bool
    ) -> bytes:
        """Return a whole answer; without ``keep_alive`` the last one of its connection.

        ``date`` are the headers that uvicorn makes anew each second.
        """
        if date is not self._date:
            self._date = date
            self._made.clear()
        made = self._made.get(retry_after_s)
        if made is None:
            made = self._made[retry_after_s] = self._make(retry_after_s)
        head, body = made
        own = b""
        if self._own_headers is not None:
            request = Request(scope, _nothing_more, self._edge)
            own = header_lines(self._own_headers(request))
        if not keep_alive:
            own += _CLOSE
        return b"%b%b\r\n%b" % (head, own, b"" if scope["method"] == "HEAD" else body)

    def _make(self, retry_after_s: int) -> tuple[bytes, bytes]:
        """Return an answer's head but for its own headers, and its body."""
        response = self._say(Overloaded(retry_after_s))
        length = (b"content-length", b"%d" % len(response.body))
        lines = header_lines([*self._date, *response.headers, length])
        return _STATUS_LINE + self._lines + lines, response.body


def _say_beside(error: Overloaded) -> Response:
    body = msgspec.json.encode({"error": "overloaded"})
    wait = (b"retry-after", b"%d" % error.retry_after_s)
    return Response(_STATUS, body, (wait,))


async def _nothing_more() -> NoReturn:
    raise AssertionError("a refusal reads no body")
