"""A line to a server that a test can cut, hold up, or let go dead at the worst moment.

async with line_to("postgresql://lastschrift@127.0.0.1:5432/one") as line:
    line.cut_at = Cut(b"COMMIT", Moment.ANSWER)
    await ask(line.url)
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit, urlunsplit

CHUNK_BYTES = 65_536


class Moment(Enum):
    """When a line is cut."""

    QUESTION = "before the question arrives"
    MEANWHILE = "before it is known whether there is an answer"
    ANSWER = "before the answer arrives"


@dataclass(frozen=True, slots=True)
class Cut:
    """That a line is to be cut once a client has said these words, all within one piece."""

    words: bytes
    moment: Moment


@dataclass(slots=True)
class Line:
    """Where connections go through.

    ``is_deaf``: what the server says is thrown away; from the moment on that a client has said
    ``deaf_from``, if that is given. ``cut_at``: all connections end at that moment, once.
    """

    url: str
    is_deaf: bool = False
    deaf_from: bytes | None = None
    cut_at: Cut | None = None
    cuts: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def moment_of(self, words: bytes) -> Moment | None:
        """Return when the line is to be cut because of these words, if it is."""
        if self.cut_at is None or self.cut_at.words not in words:
            return None
        moment, self.cut_at = self.cut_at.moment, None
        return moment

    def cut(self) -> None:
        """End all connections that there are."""
        self.cuts += 1
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()
        self.is_deaf = False


@dataclass(slots=True)
class _Connection:
    """One connection through a line; ``is_last``: the next thing that is answered cuts it."""

    line: Line
    is_last: bool = False

    def pass_question(self, words: bytes, server: asyncio.StreamWriter) -> None:
        """Pass on what a client says, unless the line is cut before."""
        line = self.line
        if line.deaf_from is not None and line.deaf_from in words:
            line.is_deaf = True
        moment = line.moment_of(words)
        if moment is not Moment.QUESTION:
            server.write(words)
        if moment in (Moment.QUESTION, Moment.MEANWHILE):
            line.cut()
        self.is_last = self.is_last or moment is Moment.ANSWER

    def pass_answer(self, words: bytes, client: asyncio.StreamWriter) -> None:
        """Pass on what the server says, unless the line is deaf, or cut before."""
        if self.is_last:
            self.line.cut()
        elif not self.line.is_deaf:
            client.write(words)


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
        connection = _Connection(line)
        await asyncio.gather(
            _pass_on(reader, back, connection.pass_question),
            _pass_on(there, writer, connection.pass_answer),
        )

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    user, at, _ = parts.netloc.rpartition("@")
    line.url = urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{port}"))
    try:
        yield line
    finally:
        server.close()
        line.cut()


async def _pass_on(
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter,
    pass_on: Callable[[bytes, asyncio.StreamWriter], None],
) -> None:
    try:
        while data := await source.read(CHUNK_BYTES):
            pass_on(data, target)
            await target.drain()
    except OSError:
        pass
    finally:
        target.transport.abort()
