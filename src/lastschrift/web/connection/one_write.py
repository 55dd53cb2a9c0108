"""An answer in one write.

uvicorn writes an answer's head and body one after the other, two calls of the system, and searches
each header for what may not be in one. An answer that is there whole goes out in one write here,
which halves what a bare request costs; our headers are constants but for a few, which are searched.
Under another server, or none, the two messages of ASGI are sent.
"""

from collections.abc import Sequence
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from lastschrift.web.http import AsgiSend, Header, HeaderBlock, Response, header_lines

_NO_CONTENT = 204

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


class HeaderMalformed(ValueError):
    """A header's value holds the end of a line; the answer was not sent."""


def send_at_once(
    send: AsgiSend, block: HeaderBlock, headers: Sequence[Header], response: Response
) -> bool:
    """Send a response with its API's headers, and ``headers`` beside them, if that can be now.

    Returns whether it is done: not while the client takes nothing, nor under another server.

    Raises: HeaderMalformed.
    """
    cycle = getattr(send, "__self__", None)
    if not isinstance(cycle, RequestResponseCycle):
        return False
    if cycle.flow.write_paused and not cycle.disconnected:
        return False
    head = _head(cycle, block, headers, response)
    answer_whole(cycle, head if cycle.scope["method"] == "HEAD" else head + response.body)
    return True


async def send_response(
    send: AsgiSend, block: HeaderBlock, headers: Sequence[Header], response: Response
) -> None:
    """Send a response as `send_at_once` does, as soon as the client takes it, to any server.

    Raises: HeaderMalformed.
    """
    cycle = getattr(send, "__self__", None)
    if isinstance(cycle, RequestResponseCycle):
        while not send_at_once(send, block, headers, response):
            await cycle.flow.drain()
        return
    start = [*block.headers, *headers]
    if response.status != _NO_CONTENT:
        start.append((b"content-length", b"%d" % len(response.body)))
    await send({"type": "http.response.start", "status": response.status, "headers": start})
    await send({"type": "http.response.body", "body": response.body})


def answer_whole(cycle: RequestResponseCycle, answer: bytes) -> None:
    """Write a whole answer, and do what uvicorn's `RequestResponseCycle.send` does beside that."""
    if cycle.disconnected:
        return
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(answer)
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()


def _head(
    cycle: RequestResponseCycle,
    block: HeaderBlock,
    headers: Sequence[Header],
    response: Response,
) -> bytes:
    """Return everything before the body; an answer without one tells no length (RFC 9110 §8.6)."""
    return b"".join(
        (
            _STATUS_LINES[response.status],
            _servers_own.lines(cycle.default_headers),
            block.lines,
            _checked_lines(headers) if headers else b"",
            b""
            if response.status == _NO_CONTENT
            else b"content-length: %d\r\n" % len(response.body),
            b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n",
        )
    )


class _ServersOwn:
    """uvicorn's own headers, written out once for each list of them: it makes one a second."""

    def __init__(self) -> None:
        self._headers: Sequence[Header] = ()
        self._lines = b""

    def lines(self, headers: Sequence[Header]) -> bytes:
        """Return them as HTTP/1.1 writes them; a list that was given once is not changed."""
        if headers is not self._headers:
            self._headers, self._lines = headers, header_lines(headers)
        return self._lines


_servers_own = _ServersOwn()


def _checked_lines(headers: Sequence[Header]) -> bytes:
    """Return headers as HTTP/1.1 writes them; each ends one line."""
    lines = header_lines(headers)
    if lines.count(b"\r") != len(headers) or lines.count(b"\n") != len(headers):
        raise HeaderMalformed
    return lines
