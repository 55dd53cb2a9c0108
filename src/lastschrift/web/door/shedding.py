"""uvicorn's HTTP protocol behind a door: what is not let in is answered at a glance.

Such an answer costs a fraction of a registration: nothing is looked up, and nothing made. What is
let in is under way from when it is there whole until it is answered, so a client that sends slowly
takes nobody's place.
"""

import threading
from asyncio import BaseTransport
from functools import partial
from typing import Any, cast

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from lastschrift.web.app import FastLane
from lastschrift.web.connection.deadline import DeadlineProtocol
from lastschrift.web.connection.one_write import answer_whole
from lastschrift.web.door.door import Door, Leave, is_probe
from lastschrift.web.door.turned_away import TurnedAway
from lastschrift.web.door.waiting import REST_S
from lastschrift.web.http import AsgiReceive, AsgiScope, AsgiSend

_CONNECTIONS_SURPLUS = 64
"""So many connections too many are held, in case a probe comes on one."""


class SheddingProtocol(DeadlineProtocol):
    """One connection; `lastschrift.web.connection.express` makes the class for uvicorn of it."""

    ending: threading.Event
    door: Door | None
    _is_surplus = False
    _waiting = b""
    _rests_until_s = 0.0
    _is_shut = False
    _came_s: float | None = None
    _coming: "_Guest | None" = None
    _turned_away: TurnedAway | None = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: Any = None,  # noqa: ANN401  # an event loop, as uvicorn hands it on
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.door = self.app.door if isinstance(self.app, FastLane) else None

    def connection_made(self, transport: BaseTransport) -> None:
        """Take a connection; one too many is there for probes only."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn says which kind
        if self.door is not None and len(self.connections) > self.door.connections_max:
            self._is_surplus = True
            if len(self.connections) > self.door.connections_max + _CONNECTIONS_SURPLUS:
                self.transport.abort()

    # --- at a glance ------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Look at what came; while there is a crowd, in its turn."""
        if self._waiting:
            self._waiting += data
            self.flow.pause_reading()
        elif self.door is None or not self.has_to_wait():
            super().data_received(data)
        else:
            self._look(self.door, data, self.door.came_s())

    def has_to_wait(self) -> bool:
        """Whether what comes now is not to be served before it was looked at in its turn."""
        door = self.door
        return bool(self._waiting or self._is_surplus or (door is not None and door.has_crowd()))

    def _look(self, door: Door, data: bytes, came_s: float) -> None:
        """Decide when to decide about what came while there is a crowd."""
        is_idle = self._is_between_requests() and not self.ending.is_set()
        if is_idle and came_s < self._rests_until_s:
            self._waiting = data
            door.rest(self._come_back)
        elif is_idle and self._turned_away and self._turned_away.is_sent_again(data):
            self._come_again(door, self._turned_away, data, came_s)
        else:
            self._wait(door, data, came_s)

    def _come_back(self) -> None:
        """Take what came before its time as if it came now."""
        data, self._waiting = self._waiting, b""
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self._rests_until_s = 0.0
            self.data_received(data)
            self._end_if_shut()

    def _come_again(self, door: Door, before: TurnedAway, data: bytes, came_s: float) -> None:
        """Decide at once about a request that was turned away before."""
        answer = before.answer(self.server_state.default_headers)
        if answer is not None:
            self._rests_until_s = came_s + REST_S
            self.sweeps_left = self.patience.next_request
            self.transport.write(answer)
        elif door.has_waiting():
            self._wait(door, data, came_s)
        else:
            self._came_s = came_s
            super().data_received(data)
            self._came_s = None

    def _wait(self, door: Door, data: bytes, came_s: float) -> None:
        self._waiting = data
        door.wait(partial(self._come_in, door, came_s))

    def _come_in(self, door: Door, came_s: float) -> None:
        """Look at what has waited."""
        data, self._waiting = self._waiting, b""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self._is_between_requests():
            scope = door.glance(data)
            if scope is not None and not self._admits(door, scope):
                self._turned_away = None if self._is_surplus else door.keep(data, scope)
                self._rests_until_s = came_s + REST_S
                self._turn_away(door, scope)
                return
        self._came_s = came_s
        super().data_received(data)
        self._came_s = None
        self._end_if_shut()

    def _is_between_requests(self) -> bool:
        """Whether nothing of a request is there, nothing is due, and all answers were taken."""
        cycle: Any = self.cycle  # None before the first head is in, as is the scope before it began
        scope: Any = self.scope
        if self.flow.write_paused or cycle is None:
            return not self.flow.write_paused and scope is None
        return bool(cycle.response_complete and not cycle.more_body and cycle.scope is scope)

    def _turn_away(self, door: Door, scope: AsgiScope) -> None:
        self.sweeps_left = self.patience.next_request
        keep_alive = scope["keep_alive"] and not self._is_surplus and not self.ending.is_set()
        self.transport.write(self._refusal(door, scope, keep_alive=keep_alive))
        if not keep_alive:
            self.transport.close()

    def _admits(self, door: Door, scope: AsgiScope) -> bool:
        return is_probe(scope) if self._is_surplus else door.admits(scope)

    def _refusal(self, door: Door, scope: AsgiScope, *, keep_alive: bool) -> bytes:
        date = self.server_state.default_headers
        return door.refuse(scope, date, is_surplus=self._is_surplus, keep_alive=keep_alive)

    def shutdown(self) -> None:
        """End the connection as the server ends: at once, or when what waits was looked at."""
        self._is_shut = bool(self._waiting)
        if not self._is_shut:
            super().shutdown()

    def _end_if_shut(self) -> None:
        if self._is_shut:
            self.shutdown()

    # --- in its turn ------------------------------------------------------------------------------

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Serve a request whose turn it is, if there is a place for it."""
        door, scope = self.door, cast("AsgiScope", cycle.scope)
        if door is None:
            self.start_at_once(cycle, app)
            return
        if not self._admits(door, scope):
            self._turn_away_in_turn(door, cycle)
            return
        guest = _Guest(door, app)
        self.start_at_once(cycle, cast("ASGI3Application", guest))
        if cycle.more_body:
            self._coming = guest
        else:
            guest.arrive(scope, self._came_s)

    def on_message_complete(self) -> None:
        """Count a request that is there whole among those under way."""
        super().on_message_complete()
        coming, self._coming = self._coming, None
        if coming is not None:
            coming.arrive(cast("AsgiScope", self.cycle.scope), self._came_s)

    def let_in(self, cycle: RequestResponseCycle) -> Leave | None:
        """Let a request in that is there whole, or turn it away; return what to tell at its end."""
        door = self.door
        if door is None:
            return _nothing
        scope: Any = cycle.scope
        leave = None if self._is_surplus else door.let_in(scope, self._came_s)
        if leave is None:
            self._turn_away_in_turn(door, cycle)
        return leave

    def _turn_away_in_turn(self, door: Door, cycle: RequestResponseCycle) -> None:
        """Turn a request away of which uvicorn has made a cycle already."""
        scope = cast("AsgiScope", cycle.scope)

        # Who waits to be asked for the body may send it now, or the next request: nobody can tell.
        if self._is_surplus or cycle.waiting_for_100_continue:
            cycle.keep_alive = False

        async def refuse(*_: object) -> None:
            if cycle.flow.write_paused and not cycle.disconnected:
                await cycle.flow.drain()
            answer_whole(cycle, self._refusal(door, scope, keep_alive=cycle.keep_alive))

        self.start_at_once(cycle, refuse)

    def start_at_once(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Let an application answer a request, whether there is a place for it or not."""
        super()._start_asgi_task(cycle, app)


class _Guest:
    """An ASGI application for one request, which is under way until it is done."""

    def __init__(self, door: Door, app: ASGI3Application) -> None:
        self._door = door
        self._app: Any = app
        self._leave: Leave = _nothing
        self._is_gone = False

    def arrive(self, scope: AsgiScope, came_s: float | None) -> None:
        """Count the request from now on: it is there whole."""
        if not self._is_gone:
            self._leave = self._door.enter(scope, came_s)

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            self._is_gone = True
            self._leave()


def _nothing() -> None:
    """Tell nobody."""
