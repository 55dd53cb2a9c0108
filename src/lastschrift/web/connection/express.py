"""uvicorn's HTTP protocol with a hot lane: known requests are served once they are whole.

A hot route is found as soon as the head is read, by method and path. Its body is awaited by the
parser, not by the application; then its endpoint runs as an errand, without a task. Everything
unusual (a body in chunks, a long one, one that waits to be asked for) goes the usual way, by ASGI
to the same endpoint, so that nobody can tell which way it went. A request whose head came before on
its connection is served without being parsed (`lastschrift.web.connection.known_head`).
"""

import asyncio
import threading
from typing import Any, NoReturn, cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from lastschrift.web.app import FastLane
from lastschrift.web.connection.deadline import NOT_AWAITED, Patience
from lastschrift.web.connection.errand import run_errand
from lastschrift.web.connection.known_head import KnownHead
from lastschrift.web.door.shedding import SheddingProtocol
from lastschrift.web.endpoint import Endpoint
from lastschrift.web.http import AsgiScope, Request

_BODY_BYTES_MAX = 65_536
"""A longer body makes uvicorn stop reading until the application asks for more."""

_LESSONS = 8
"""So many heads in a row are kept in vain; then it is a client that never sends one again."""


class ExpressProtocol(SheddingProtocol):
    """One connection. `with_patience` gives the class for uvicorn."""

    _awaiting_body: Endpoint | None = None
    _serving: RequestResponseCycle | None = None
    _known: tuple[KnownHead, Endpoint, AsgiScope] | None = None
    _cycle: RequestResponseCycle | None = None
    _lessons_left = _LESSONS
    _parsing = b""

    def data_received(self, data: bytes) -> None:
        """Serve a request whose head is known; have all else looked at."""
        if self._known is None or self.has_to_wait() or not self._serve_if_known(data):
            super().data_received(data)

    def _take(self, data: bytes) -> None:
        """Have what came parsed, but for a request whose head is known and which had to wait."""
        if self._serve_if_known(data):
            return
        self._parsing = data if self._is_between_requests() else b""
        try:
            super()._take(data)
        finally:
            self._parsing = b""

    def _serve_if_known(self, data: bytes) -> bool:
        """Serve a request if its head is known and its turn is now; return whether it is so."""
        if self._known is None or not self._is_between_requests():
            return False
        known, endpoint, usual = self._known
        read = known.read(data, usual)
        if read is None:
            return False
        self._serve_known(endpoint, *read)
        return True

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Begin to serve a request whose head is in; a hot one begins when its body is."""
        self._serving = cycle
        if self.ending.is_set():
            cycle.keep_alive = False  # Who is told so sends no request that we won't hear.
        scope = cast("AsgiScope", cycle.scope)
        if isinstance(app, FastLane) and _comes_whole(cycle, scope):
            self._awaiting_body = app.hot_endpoint(scope)
        if self._awaiting_body is None:
            super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        """Serve the hot request that was waiting for its body."""
        super().on_message_complete()
        endpoint, self._awaiting_body = self._awaiting_body, None
        if endpoint is not None:
            self._learn(endpoint)
            self._serve_whole(endpoint, self.cycle, bytes(self.cycle.body))

    def _learn(self, endpoint: Endpoint) -> None:
        """Keep the head of the request that was parsed, in case it comes again."""
        if self._lessons_left and self._parsing and self.cycle.keep_alive:
            self._lessons_left -= 1
            scope = cast("AsgiScope", self.scope)
            known = KnownHead.of(self._parsing, scope)
            if known is not None:
                known = known.in_common()
                self._known = known, endpoint, known.usual_scope(scope)

    def _serve_known(self, endpoint: Endpoint, scope: AsgiScope, body: bytes) -> None:
        """Serve a request that was not parsed, as if it had been."""
        self._lessons_left = _LESSONS
        self.sweeps_left = NOT_AWAITED
        self.head_bytes = 0
        uvicorns: Any = scope
        self.scope = uvicorns
        if self._cycle is None:
            self._cycle = self._new_cycle()
        cycle = self.cycle = self._serving = self._cycle
        cycle.scope = uvicorns
        cycle.default_headers = self.server_state.default_headers
        cycle.keep_alive = not self.ending.is_set()
        cycle.on_response = self.on_response_complete  # which is gone where it was run as a task
        cycle.response_started = cycle.response_complete = False
        self._serve_whole(endpoint, cycle, body)

    def _new_cycle(self) -> RequestResponseCycle:
        """Return what known requests of this connection are served with, one after the other."""
        cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=self.on_response_complete,
        )
        cycle.more_body = False
        cycle.message_event.set()
        return cycle

    def _serve_whole(self, endpoint: Endpoint, cycle: RequestResponseCycle, body: bytes) -> None:
        """Serve a hot request that is there whole, if there is a place for it."""
        leave = self.let_in(cycle)
        if leave is None:
            return
        asked: Any = cycle  # uvicorn's types say all of ASGI, ours what we need of it
        request = Request(asked.scope, asked.receive, endpoint.edge, body)
        run_errand(self.loop, endpoint.serve(request, asked.send), self._tell_failure, leave)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let nothing be written any more; uvicorn tells only the request that came last."""
        if self._serving is not None:
            self._serving.disconnected = True
        super().connection_lost(exc)
        self._let_go()

    def _let_go(self) -> None:
        """Let nothing that is over hold this, which holds it, or both would wait for the collector.

        It comes seldom (`lastschrift.web.server`), and a closed connection is some kilobytes.
        """
        over: Any = self  # uvicorn's types have no word for an end of either
        if over.cycle is None or over.cycle.response_complete:
            self._serving = self._cycle = over.cycle = over.parser = None

    def _tell_failure(self, error: BaseException) -> None:
        """Let uvicorn log what no endpoint should raise, and answer as it always does."""

        async def fail(*_: object) -> NoReturn:
            raise error

        self.start_at_once(self.cycle, fail)


def with_patience(
    patience: Patience, ending: threading.Event | None = None
) -> type[ExpressProtocol]:
    """Return the protocol whose connections have this patience, and end with their next answer.

    ``ending`` is set once they shall.
    """
    own = {"patience": patience, "ending": ending or threading.Event()}
    return type("PatientProtocol", (ExpressProtocol,), own)


def _comes_whole(cycle: RequestResponseCycle, scope: AsgiScope) -> bool:
    """Whether a body is still to come, by itself, and short enough to be kept until it is there."""
    if cycle.waiting_for_100_continue or not cycle.more_body:
        return False
    return 0 < _content_length(scope) <= _BODY_BYTES_MAX


def _content_length(scope: AsgiScope) -> int:
    """Return the length that a head tells (the parser let pass digits only), or 0."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value)
    return 0
