"""A line to PostgreSQL that a test can cut, hold up, or let go dead at the worst moment."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

CHUNK_BYTES = 65_536


@dataclass(slots=True)
class Line:
    """Where connections go through.

    ``is_deaf``: what the server says is thrown away; from the moment on that a client has said
    ``deaf_from``, if that is given.
    """

    url: str
    is_deaf: bool = False
    deaf_from: bytes | None = None
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def listen(self, words: bytes) -> None:
        """Take note of what a client says."""
        if self.deaf_from is not None and self.deaf_from in words:
            self.is_deaf = True

    def cut(self) -> None:
        """End all connections that there are."""
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()
        self.is_deaf = False


@asynccontextmanager
async def line_to(url: str) -> AsyncIterator[Line]:
    """Open a way to the server of ``url`` that can be cut; its ``url`` is the one to use."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    line = Line(url)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(parts.hostname, parts.port)
        except OSError:
            writer.transport.abort()
            return
        line.writers += [writer, back]
        await asyncio.gather(
            _pass_on(reader, back, line.listen, lambda: False),
            _pass_on(there, writer, lambda _: None, lambda: line.is_deaf),
        )

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    name = parts.netloc.rpartition("@")[0]
    line.url = urlunsplit(parts._replace(netloc=f"{name}@127.0.0.1:{port}"))
    try:
        yield line
    finally:
        server.close()
        line.cut()


async def _pass_on(
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter,
    listen: Callable[[bytes], None],
    is_dropped: Callable[[], bool],
) -> None:
    try:
        while data := await source.read(CHUNK_BYTES):
            listen(data)
            if not is_dropped():
                target.write(data)
                await target.drain()
    except OSError:
        pass
    finally:
        target.transport.abort()
