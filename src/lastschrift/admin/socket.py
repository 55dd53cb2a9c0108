"""The socket beside a running server: one JSON line in, one JSON line out.

``admin.sock`` is open to the directory's owner only, from the moment it exists. The kernel takes
no socket path of more than 107 bytes; a longer one is reached through the open directory.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from lastschrift.admin.verbs import NOT_UNDERSTOOD, write_failure

SOCKET_FILE = "admin.sock"
LINE_BYTES_MAX = 65_536

UNEXPECTED = "Unexpected"
"""The fact that something broke that should not; the server's log has it."""

_PATH_BYTES_MAX = 107  # sun_path has 108 with the NUL (man 7 unix)
_LINE_TIMEOUT_S = 5
_ANSWER_TIMEOUT_S = 60


class Peer(NamedTuple):
    """Who is at the other end, as the kernel says (man 7 unix, SO_PEERCRED)."""

    process: int
    user: int


Perform = Callable[[bytes, Peer], Awaitable[bytes]]
"""Does what a line asks for, on behalf of whoever sent it."""

LogUnexpected = Callable[[BaseException, str, str], None]
"""Told an exception, an id for it, and where it happened."""


class NoHolder(Exception):
    """Nobody listens at the socket."""


class HolderWentAway(Exception):
    """The server ended before it answered; whether it did what was wanted is not known."""


# --- the server's end -----------------------------------------------------------------------------


@asynccontextmanager
async def answering(
    directory: Path, perform: Perform, log_unexpected: LogUnexpected
) -> AsyncIterator[None]:
    """Answer at the socket until the block ends; who was heard by then is answered still.

    The caller holds the lock, so that a socket which is there is a dead server's.
    """
    counter = _Counter(perform, log_unexpected)
    listener = _listen(directory)
    server = await asyncio.start_unix_server(counter.serve, sock=listener, limit=LINE_BYTES_MAX)
    try:
        yield
    finally:
        (directory / SOCKET_FILE).unlink(missing_ok=True)
        server.close()
        await counter.finish()


class _Counter:
    """Answers everyone who comes to the socket."""

    def __init__(self, perform: Perform, log_unexpected: LogUnexpected) -> None:
        self._perform = perform
        self._log_unexpected = log_unexpected
        self._served: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one line, and answer it."""
        task: asyncio.Task[None] | None = asyncio.current_task()
        self._served.add(task)
        try:
            with suppress(ConnectionError):
                peer = _peer_of(writer.get_extra_info("socket"))
                writer.write(await self._answer(reader, peer))
                await writer.drain()
        finally:
            writer.close()
            self._served.discard(task)

    async def finish(self) -> None:
        """Wait for all that are being served."""
        served = [task for task in self._served if task is not None]
        if served:
            await asyncio.wait(served, timeout=_LINE_TIMEOUT_S)

    async def _answer(self, reader: asyncio.StreamReader, peer: Peer) -> bytes:
        try:
            async with asyncio.timeout(_LINE_TIMEOUT_S):
                line = await reader.readline()
        except (ValueError, TimeoutError):  # A line that is too long, or does not end.
            return write_failure(NOT_UNDERSTOOD)
        try:
            return await self._perform(line, peer)
        except Exception as error:  # noqa: BLE001  # whatever it is, the server goes on
            self._log_unexpected(error, secrets.token_hex(16), "admin socket")
            return write_failure(UNEXPECTED)


def _peer_of(connection: socket.socket) -> Peer:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process, user, _group = _CREDENTIALS.unpack(credentials)
    return Peer(process, user)


_CREDENTIALS = Struct("iII")


def _listen(directory: Path) -> socket.socket:
    (directory / SOCKET_FILE).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o177)
    try:
        with _address(directory) as address:
            listener.bind(address)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(umask)
    listener.listen()
    listener.settimeout(0)
    return listener


# --- the command's end ----------------------------------------------------------------------------


def ask(directory: Path, request: bytes) -> bytes:
    """Return what the server of this directory answers to a line.

    Raises: NoHolder, HolderWentAway.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_ANSWER_TIMEOUT_S)
        try:
            with _address(directory) as address:
                connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            raise NoHolder from None
        try:
            connection.sendall(request)
            answer = connection.makefile("rb").readline()
        except (ConnectionError, TimeoutError):
            raise HolderWentAway from None
    if not answer.endswith(b"\n"):
        raise HolderWentAway
    return answer


@contextmanager
def _address(directory: Path) -> Iterator[str]:
    """Give the socket's path, or one that is short enough, for as long as the block runs."""
    path = str(directory.absolute() / SOCKET_FILE)
    if len(os.fsencode(path)) <= _PATH_BYTES_MAX:
        yield path
        return
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{opened}/{SOCKET_FILE}"
    finally:
        os.close(opened)
