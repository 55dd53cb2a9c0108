"""Turns of the event loop: how long it takes to look at all who are at the door at once.

What came while the loop was busy is read in one go, one connection after the other. Who is read
last has waited since the turn began, where nobody else sees it; and so has, at each of its steps,
every request that was let in.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

_LEARNING: Final = 1 / 16
"""How far one turn moves what is told of them."""


class Turns:
    """Measures turns while somebody asks when the present one began.

    ``learn`` is told, after each, how long they take lately, in seconds. ``now_s`` tells the time.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        learn: Callable[[float], None],
        *,
        now_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._loop = loop
        self._learn = learn
        self._now_s = now_s
        self._began_s: float | None = None
        self._lately_s = 0.0

    def began_s(self) -> float:
        """Return when the first one was read in this turn."""
        if self._began_s is None:
            self._began_s = self._now_s()
            self._loop.call_soon(self._end)
        return self._began_s

    def _end(self) -> None:
        """Take note of a turn: what was called for in it is called when all are read."""
        began_s, self._began_s = self._began_s, None
        if began_s is not None:
            self._lately_s += (self._now_s() - began_s - self._lately_s) * _LEARNING
            self._learn(self._lately_s)
