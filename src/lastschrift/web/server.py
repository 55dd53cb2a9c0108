"""Running the application: a socket bound first, uvicorn on uvloop, and a clean end.

The application is opened on the loop that serves it and closed after the last answer, so that a
request that was accepted is answered whatever ends the server.
"""

import asyncio
import contextlib
import gc
import math
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import uvicorn
import uvloop

from lastschrift.web.deadline import Patience, sweep_for_ever
from lastschrift.web.express import with_patience
from lastschrift.web.http import AsgiApp

_DESCRIPTORS = 65_536
_GC_THRESHOLDS = (50_000, 20, 100)
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)

OpenApp = Callable[[], AbstractAsyncContextManager[AsgiApp]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How to serve.

    ``started`` is called once requests are answered; ``ending`` is set when no more are accepted.
    """

    request_timeout_s: float
    shutdown_timeout_s: float
    started: Callable[[], None]
    ending: threading.Event


def serve(listener: socket.socket, open_app: OpenApp, serving: Serving) -> None:
    """Serve until SIGTERM or SIGINT; return when every accepted request has been answered."""
    _allow_many_connections()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(listener, open_app, serving))


async def _serve(listener: socket.socket, open_app: OpenApp, serving: Serving) -> None:
    async with open_app() as app:
        await _Server(_configuration(app, serving), serving).serve(sockets=[listener])


def _configuration(app: AsgiApp, serving: Serving) -> uvicorn.Config:
    patience = Patience.of(serving.request_timeout_s)
    return uvicorn.Config(
        app,
        interface="asgi3",
        http=with_patience(patience),
        ws="none",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=math.ceil(serving.shutdown_timeout_s),
    )


class _Server(uvicorn.Server):
    """uvicorn's server, which cuts slow requests, and ends by returning, not by the signal."""

    def __init__(self, config: uvicorn.Config, serving: Serving) -> None:
        super().__init__(config)
        self._serving = serving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sweep_s = Patience.of(self._serving.request_timeout_s).sweep_s
        self._sweeper = asyncio.create_task(sweep_for_ever(self.server_state.connections, sweep_s))
        _settle_memory()
        self._serving.started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._serving.ending.set()
        await super().shutdown(sockets)
        self._sweeper.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in _ENDING_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _allow_many_connections() -> None:
    """Take as many file descriptors as we may have: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _settle_memory() -> None:
    """Let the garbage collector run, but never look again at what lives as long as the server.

    Measured in a prototype: p99 from 10.6 to 2.4 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    gc.enable()
