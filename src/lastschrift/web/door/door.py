"""The door: every request but the probes' is let in here, or told to come back.

It puts together who may come in (`lastschrift.web.door.admission`), what the others are told
(`lastschrift.web.door.refusal`; to who asks again: `lastschrift.web.door.turned_away`), when who is
there is looked at (`lastschrift.web.door.waiting`), and what is said of it: figures, and a line in
the log when it begins, every ten seconds, and when it is over.
"""

import asyncio
import random
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

from lastschrift.web.api import Api, paths_of
from lastschrift.web.connection.known_head import KnownHead
from lastschrift.web.door.admission import Admission
from lastschrift.web.door.glance import Glances
from lastschrift.web.door.refusal import Refusal
from lastschrift.web.door.turned_away import TurnedAway
from lastschrift.web.door.turns import Turns
from lastschrift.web.door.waiting import Anteroom, Resting
from lastschrift.web.http import AsgiScope, Edge, Header

PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Whoever looks after the server is let in always, the more so if there is too much to do."""

_READING: Final = frozenset({"GET", "HEAD"})
_READING_WAITS: Final = 4
"""Reading has places of its own, and this many times as long: a list may take a while by itself,
and holds up none who change something."""

_RETRY_AFTER_S_MAX = 30
_TELL_EVERY_S = 10.0

_STRANGER: Final = "stranger"
"""Whose token we have not seen, or who shows none: they are one party, and share its places."""

Leave = Callable[[], None]
"""To be called once, when a request that was let in is done."""

LogTurnedAway = Callable[[int, float], None]
"""Told how many requests were turned away, and in how many seconds; none when that is over."""


class Door:
    """Lets requests in, or tells them to come back. Made on the event loop that it serves.

    ``wait_s_max``: how long a change should take, from when it came until it is answered.
    ``connections_max``: on connections beyond so many (``is_surplus``) only probes are let in.
    ``turned_away``: how many requests were, by why.
    """

    def __init__(
        self,
        apis: Sequence[Api],
        edge: Edge,
        *,
        wait_s_max: float,
        connections_max: int,
        log_turned_away: LogTurnedAway,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.changing = Admission(wait_s_max=wait_s_max)
        self.reading = Admission(wait_s_max=_READING_WAITS * wait_s_max)
        self.connections_max = connections_max
        self.turned_away = {"crowded": 0, "connections": 0}
        self._contract_of = edge.bearer.contract_of
        self._refusals = _Refusals(apis, edge)
        self._kept: WeakValueDictionary[bytes, TurnedAway] = WeakValueDictionary()
        self._rush = _Rush(loop, log_turned_away)
        self._anteroom = Anteroom(loop)
        self.wait = self._anteroom.wait
        self.rest = Resting(loop).rest
        self.glance = Glances().at
        self.came_s = Turns(loop, self.changing.heed).began_s

    def has_waiting(self) -> bool:
        """Whether somebody waits for his turn to be looked at."""
        return bool(self._anteroom.waiting)

    def has_crowd(self) -> bool:
        """Whether whoever comes has to wait for his turn to be looked at."""
        return bool(self.changing.is_crowded or self.reading.is_crowded or self._anteroom.waiting)

    def admits(self, scope: AsgiScope) -> bool:
        """Return whether there is a place for a request."""
        admission = self._admission_of(scope)
        if not admission.is_crowded:
            return True
        return is_probe(scope) or admission.admits(self._party_of(scope))

    def let_in(self, scope: AsgiScope, came_s: float | None) -> Leave | None:
        """Let a request in if there is a place for it; no probe comes this way."""
        admission = self._admission_of(scope)
        if not admission.is_crowded:
            return admission.enter(None, came_s).leave
        party = self._party_of(scope)
        return admission.enter(party, came_s).leave if admission.admits(party) else None

    def enter(self, scope: AsgiScope, came_s: float | None) -> Leave:
        """Let a request in; ``came_s`` is when it came, if it is not just now."""
        admission = self._admission_of(scope)
        party = self._party_of(scope) if admission.is_crowded else None
        return admission.enter(party, came_s).leave

    def _admission_of(self, scope: AsgiScope) -> Admission:
        return self.reading if scope["method"] in _READING else self.changing

    def _party_of(self, scope: AsgiScope) -> Hashable:
        """Return on whose behalf a request comes: a contract, or nobody whom we know."""
        for name, value in scope["headers"]:
            if name == b"authorization":
                return self._contract_of(value) or _STRANGER
        return _STRANGER

    def refuse(
        self, scope: AsgiScope, date: Sequence[Header], *, is_surplus: bool, keep_alive: bool
    ) -> bytes:
        """Return the answer to a request that is not let in, and count it.

        ``date`` are the headers that uvicorn makes anew each second.
        """
        self._count("connections" if is_surplus else "crowded")
        refusal = self._refusals.at(scope["path"])
        return refusal.answer(scope, date, self._retry_after_s(), keep_alive=keep_alive)

    def keep(self, data: bytes, scope: AsgiScope) -> TurnedAway | None:
        """Return what there is to know of a request that was turned away, should it come again."""
        head = KnownHead.of(data, scope) if scope["keep_alive"] else None
        if head is None:
            return None
        kept = self._kept.get(head.text)
        if kept is None:
            kept = self._kept[head.text] = TurnedAway(
                head,
                scope,
                self._refusals.at(scope["path"]),
                party_of=self._party_of,
                admits=self._admission_of(scope).admits,
                count=partial(self._count, "crowded"),
                retry_after_s=self._retry_after_s,
            )
        return kept

    def _count(self, reason: str) -> None:
        """Count a refusal."""
        self.turned_away[reason] += 1
        self._rush.turn_away()

    def _retry_after_s(self) -> int:
        """Return after how many seconds a client that is turned away should come back.

        The longer the rush lasts, the more: those who come back are spread over as much time.
        """
        lasts_s = min(1 + int(self._rush.lasts_s()), _RETRY_AFTER_S_MAX)
        return 1 + int(random.random() * lasts_s)  # noqa: S311  # it is no secret


def is_probe(scope: AsgiScope) -> bool:
    """Whether a request is of those who look after the server."""
    return scope["path"] in PROBES


class _Refusals:
    """What each API says to requests that are not let in."""

    def __init__(self, apis: Sequence[Api], edge: Edge) -> None:
        self._by_paths = [(paths_of(api), Refusal.of(api, edge)) for api in apis]
        self._beside = Refusal.beside(edge)
        known = {route.path for api in apis for route in api.routes}
        self._by_path = {path: self._find(path) for path in known}

    def at(self, path: str) -> Refusal:
        """Return what is said at a path."""
        return self._by_path.get(path) or self._find(path)

    def _find(self, path: str) -> Refusal:
        found = (refusal for paths, refusal in self._by_paths if paths.match(path))
        return next(found, self._beside)


class _Rush:
    """A time in which requests are turned away: how long it lasts, and what is logged of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, log: LogTurnedAway) -> None:
        self._loop = loop
        self._log = log
        self._count = 0
        self._begun_s: float | None = None

    def turn_away(self) -> None:
        """Count a request."""
        self._count += 1
        if self._begun_s is None:
            self._begun_s = self._loop.time()
            self._tell(0.0)

    def lasts_s(self) -> float:
        """Return since when requests are turned away."""
        return 0.0 if self._begun_s is None else self._loop.time() - self._begun_s

    def _tell(self, seconds: float) -> None:
        self._log(self._count, seconds)
        if self._count:
            self._count = 0
            self._loop.call_later(_TELL_EVERY_S, self._tell, _TELL_EVERY_S)
        else:
            self._begun_s = None
