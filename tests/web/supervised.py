"""A server of two workers with a small application, as a process of its own, for tests.

``/`` answers the process's id at once, ``/late`` only when the server is ending, ``/hung`` never,
and its process nothing else any more. What the directory in the first argument contains changes how
a worker begins; when all answer, the port is printed, and for each that is replaced, its exit code
and reason.
"""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.types import Receive, Scope, Send

from lastschrift.web.http import AsgiApp
from lastschrift.web.processes.listen import listen_together
from lastschrift.web.processes.workers import WorkerFailed, Workers
from lastschrift.web.server import Serving, serve

REFUSES = "refuses"
"""A file: workers that begin while it is there say why they can't: with its text."""
DIES = "dies"
"""A file: workers that begin while it is there die without a word."""

HUNG_AFTER_S = 5


def main(directory: Path) -> None:
    """Serve until SIGTERM; end with 3 if a worker can't begin."""
    listeners = listen_together("127.0.0.1", 0, 2)
    port = listeners[0].getsockname()[1]

    def work(_place: int, listener: socket.socket, answering: Callable[[], None]) -> None:
        _begin(directory)
        ending = threading.Event()
        serving = Serving(
            request_timeout_s=10,
            shutdown_timeout_s=5,
            started=answering,
            ending=ending,
            hung_after_s=HUNG_AFTER_S,
        )
        serve(listener, lambda: _opened(ending), serving)

    def say(*words: object) -> None:
        print(*words, flush=True)  # noqa: T201  # the test reads it

    try:
        Workers(listeners, work, replaced=say).run(lambda: say(port))
    except WorkerFailed as failed:
        say(failed)
        sys.exit(3)


def _begin(directory: Path) -> None:
    if (directory / DIES).exists():
        os._exit(7)
    if (directory / REFUSES).exists():
        raise WorkerFailed((directory / REFUSES).read_text())


@asynccontextmanager
async def _opened(ending: threading.Event) -> AsyncIterator[AsgiApp]:
    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] == "/late":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"late", "more_body": True})
            await asyncio.to_thread(ending.wait)
            await send({"type": "http.response.body", "body": b" but whole"})
            return
        if scope["path"] == "/hung":
            threading.Event().wait()
        headers = [(b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": str(os.getpid()).encode()})

    yield answer


if __name__ == "__main__":
    main(Path(sys.argv[1]))
