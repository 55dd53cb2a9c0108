"""A connection to a server in this process: it answers with what it was sent."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import uvicorn
from uvicorn.server import ServerState

from lastschrift.web.app import FastLane
from lastschrift.web.connection.deadline import Patience
from lastschrift.web.connection.express import with_patience
from lastschrift.web.connection.one_write import send_response
from lastschrift.web.http import AsgiReceive, AsgiScope, AsgiSend, HeaderBlock, Request, Response


@dataclass
class Line:
    """A connection to a server that answers with what it was sent, and how much that parsed."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    ending: threading.Event
    parsed: list[bytes] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)

    async def ask(self, body: bytes, *headers: bytes, cuts: Sequence[int] = ()) -> bytes:
        """Send a request, in one piece or several; return the answer's head, if it fits."""
        data = post(body, *headers)
        for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            self.writer.write(data[start:end])
            await asyncio.sleep(0)
        return await self.answer(body)

    async def answer(self, body: bytes) -> bytes:
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert await self.reader.readexactly(len(body)) == body
        return head


def post(body: bytes, *headers: bytes) -> bytes:
    lines = [b"POST /a HTTP/1.1", b"Host: a", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, b"", body])


class Echo:
    """A hot endpoint that answers with the body."""

    edge: Any = SimpleNamespace(body_bytes_max=100_000)

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        await self.serve(Request(scope, receive, self.edge), send)

    async def serve(self, request: Request, send: AsgiSend) -> None:
        body = await request.body()
        assert request.header(b"content-length") == b"%d" % len(body)
        await _others_turn()
        await send_response(send, HeaderBlock(), (), Response(200, body))


async def _others_turn() -> None:
    """Let other things happen first, as a COMMIT does."""
    loop = asyncio.get_running_loop()
    passed = loop.create_future()
    loop.call_soon(passed.set_result, None)
    await passed


async def _nobody(*_: object) -> None:
    raise AssertionError("only the hot route is asked for")


class FickleDoor:
    """A door that lets every other request in, the first one too."""

    connections_max = 1_000

    def __init__(self) -> None:
        self._count = 0

    def has_crowd(self) -> bool:
        return False

    def admits(self, _scope: AsgiScope) -> bool:
        self._count += 1
        return self._count % 2 == 1

    def let_in(self, scope: AsgiScope, _came_s: float | None) -> Callable[[], None] | None:
        return (lambda: None) if self.admits(scope) else None

    def refuse(self, *_: object, **__: object) -> bytes:
        return b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\nno"


@asynccontextmanager
async def line(door: object = None) -> AsyncIterator[Line]:
    ending, state, parsed = threading.Event(), ServerState(), list[bytes]()

    class Protocol(with_patience(Patience.of(10), ending)):  # type: ignore[misc]  # as the server
        def on_url(self, url: bytes) -> None:
            parsed.append(url)
            super().on_url(url)

    hot: Any = {("POST", "/a"): Echo()}
    app = FastLane(hot, _nobody, cast("Any", door))
    configuration = uvicorn.Config(
        app, interface="asgi3", http=Protocol, ws="none", proxy_headers=False, log_config=None
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Protocol(configuration, state, {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield Line(reader, writer, ending, parsed, state.connections)
    finally:
        writer.close()
        server.close()


async def turns() -> None:
    """Let the loop do all that it has to do."""
    for _ in range(100):
        await asyncio.sleep(0)
