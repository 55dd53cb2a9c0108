"""uvicorn's HTTP protocol with a hot lane: known requests are served once they are whole.

A hot route is found as soon as the head is read, by method and path. Its body is awaited by the
parser, not by the application; then its endpoint runs as an errand, without a task. Everything
unusual (a body in chunks, a long one, one that waits to be asked for) goes the usual way, by ASGI
to the same endpoint, so that nobody can tell which way it went.
"""

import threading
from typing import Any, NoReturn, cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from lastschrift.web.app import FastLane
from lastschrift.web.deadline import Patience
from lastschrift.web.door.shedding import SheddingProtocol
from lastschrift.web.endpoint import Endpoint
from lastschrift.web.errand import run_errand
from lastschrift.web.http import AsgiScope, Request

_BODY_BYTES_MAX = 65_536
"""A longer body makes uvicorn stop reading until the application asks for more."""


class ExpressProtocol(SheddingProtocol):
    """One connection. `with_patience` gives the class for uvicorn."""

    _awaiting_body: Endpoint | None = None
    _serving: RequestResponseCycle | None = None

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
            leave = self.let_in(self.cycle)
            if leave is None:
                return
            cycle: Any = self.cycle  # uvicorn's types say all of ASGI, ours what we need of it
            request = Request(cycle.scope, cycle.receive, endpoint.edge, bytes(cycle.body))
            run_errand(self.loop, endpoint.serve(request, cycle.send), self._tell_failure, leave)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let nothing be written any more; uvicorn tells only the request that came last."""
        if self._serving is not None:
            self._serving.disconnected = True
        super().connection_lost(exc)

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
