"""Who waits at the door until he is looked at: for his turn, or because he asks again too soon."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

REST_S: Final = 0.01
"""Who was turned away and asks again sooner than this rests for as long before he is looked at."""

_LOOKED_AT_IN_A_TURN: Final = 64


class Anteroom:
    """Who waits at the door: a few are looked at in each turn of the loop.

    Else, with a thousand at the door, each step of a request that was let in would wait for all.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.waiting: deque[Callable[[], None]] = deque()

    def wait(self, come_in: Callable[[], None]) -> None:
        """Call ``come_in`` when it is its turn."""
        if not self.waiting:
            self._loop.call_soon(self._call_in)
        self.waiting.append(come_in)

    def _call_in(self) -> None:
        for _ in range(min(len(self.waiting), _LOOKED_AT_IN_A_TURN)):
            self.waiting.popleft()()
        if self.waiting:
            self._loop.call_soon(self._call_in)


class Resting:
    """Who asks again at once: looked at after `REST_S`, all in the order in which they came.

    Else a few connections that ask without a pause, and are refused as often, would take the time
    of which there is too little, and there would never be more.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._resting: deque[tuple[float, Callable[[], None]]] = deque()

    def rest(self, come_back: Callable[[], None]) -> None:
        """Call ``come_back`` when the rest is over."""
        if not self._resting:
            self._loop.call_later(REST_S, self._wake)
        self._resting.append((self._loop.time() + REST_S, come_back))

    def _wake(self) -> None:
        now_s = self._loop.time()
        rested = []
        while self._resting and self._resting[0][0] <= now_s:
            rested.append(self._resting.popleft())
        if self._resting:
            self._loop.call_later(self._resting[0][0] - now_s, self._wake)
        for _, come_back in rested:
            come_back()
