"""Turns of the event loop: how long it takes to look at all who are at the door at once.

What came while the loop was busy is read in one go, one connection after the other. Who is read
last has waited since the turn began, where nobody else sees it; and so has, at each of its steps,
every request that was let in. Long turns give way to other threads now and then: what commits for
who was let in has its turn soon, also where there is one processor for all.
"""

import asyncio
import os
import time
from collections.abc import Callable
from typing import Final

_LEARNING: Final = 1 / 16
"""How far one turn moves what is told of them."""

_GIVE_WAY_S: Final = 0.001
"""So long a turn goes on before it gives way."""


class Turns:
    """Measures turns while somebody asks when the present one began.

    ``learn`` is told, after each, how long they take lately, in seconds. ``now_s`` tells the time,
    ``give_way`` lets other threads go first.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        learn: Callable[[float], None],
        *,
        now_s: Callable[[], float] = time.perf_counter,
        give_way: Callable[[], None] = os.sched_yield,
    ) -> None:
        self._loop = loop
        self._learn = learn
        self._now_s = now_s
        self._give_way = give_way
        self._gave_way_s = 0.0
        self._began_s: float | None = None
        self._lately_s = 0.0

    def began_s(self) -> float:
        """Return when the first one was read in this turn; to be asked for each that is read."""
        now_s = self._now_s()
        if self._began_s is None:
            self._began_s = self._gave_way_s = now_s
            self._loop.call_soon(self._end)
        elif now_s - self._gave_way_s > _GIVE_WAY_S:
            self._give_way()
            self._gave_way_s = self._now_s()
        return self._began_s

    def _end(self) -> None:
        """Take note of a turn: what was called for in it is called when all are read."""
        began_s, self._began_s = self._began_s, None
        if began_s is not None:
            self._lately_s += (self._now_s() - began_s - self._lately_s) * _LEARNING
            self._learn(self._lately_s)
