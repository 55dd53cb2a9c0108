"""An answer in one write.

uvicorn writes an answer's head and body one after the other, two calls of the system, and searches
each header for what may not be in one. An answer that is there whole goes out in one write here,
which halves what a bare request costs; our headers are constants but for a few, which are searched.
Under another server, or none, the two messages of ASGI are sent.
"""

from collections.abc import Iterable, Sequence
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from lastschrift.web.http import AsgiSend, Header, Response

_NO_CONTENT = 204

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


class HeaderMalformed(ValueError):
    """A header's value holds the end of a line; the answer was not sent."""


async def send_response(send: AsgiSend, headers: Sequence[Header], response: Response) -> None:
    """Send a response with the API's ``headers`` and its own.

    Raises: HeaderMalformed.
    """
    cycle = getattr(send, "__self__", None)
    if isinstance(cycle, RequestResponseCycle):
        await _answer(cycle, headers, response)
        return
    start = [*headers, *response.headers, *_length_headers(response)]
    await send({"type": "http.response.start", "status": response.status, "headers": start})
    await send({"type": "http.response.body", "body": response.body})


async def _answer(
    cycle: RequestResponseCycle, headers: Sequence[Header], response: Response
) -> None:
    """Write a whole answer, and do what uvicorn's `RequestResponseCycle.send` does beside that."""
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    head = _head(cycle, headers, response)
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(head if cycle.scope["method"] == "HEAD" else head + response.body)
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()


def _head(cycle: RequestResponseCycle, headers: Sequence[Header], response: Response) -> bytes:
    parts = [_STATUS_LINES[response.status]]
    for name, value in _checked(response.headers):
        parts += (name, b": ", value, b"\r\n")
    for some in (cycle.default_headers, headers, _length_headers(response)):
        for name, value in some:
            parts += (name, b": ", value, b"\r\n")
    parts.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
    return b"".join(parts)


def _checked(headers: Iterable[Header]) -> Iterable[Header]:
    for _, value in headers:
        if b"\r" in value or b"\n" in value:
            raise HeaderMalformed
    return headers


def _length_headers(response: Response) -> Sequence[Header]:
    """Return the header of the body's length, but for answers that have no body (RFC 9110 §8.6)."""
    if response.status == _NO_CONTENT:
        return ()
    return ((b"content-length", b"%d" % len(response.body)),)
