"""Who is let in: as many requests at a time as can be answered soon, and of every party some.

What is let in waits for what was let in before it. So how long a request will take is decided when
it comes, by how many are under way then. Each answer tells what that came to: with so many under
way it took so long, thus so many may be under way that it takes no longer than it should (Little's
law: number = rate times time). The number of places follows that, down and up.

A queue is there for those who come in a burst. The more are turned away, the less it is good for:
nobody comes in for its sake who would not come in without it, and all of them wait. So in a flood
what is let in should take about a third of the time.

Of the free places a party (a contract) may have at most four times as many as would be left: one
that floods the server takes four fifths of it alone, shares with a second one in equal parts, and a
third still finds places (the "dynamic threshold" of switches with shared memory: Choudhury and
Hahne, IEEE/ACM Transactions on Networking 6, 1998).

>>> admission = Admission(wait_s_max=0.02, places=2)
>>> first, second = admission.enter("A"), admission.enter("B")
>>> admission.admits("C")
False
>>> first.leave()
>>> admission.admits("C")
True
"""

import time
from collections.abc import Callable, Hashable
from typing import Final

from msgspec import Struct

PLACES: Final = 256
"""How many places there are before anything was measured."""

PLACES_FILLED: Final = 32
"""So many keep the store busy: a COMMIT costs about as much for a few as for half of these."""

_PLACES_MAX: Final = 65_536
_WAITS_MAX: Final = 10
"""So many times as long as it should a request may take for the store to be kept busy."""

_FILLED_MIN: Final = 8
"""So many keep the store busy enough where it is the event loop that has no time."""

_TURNS: Final = 3
"""So many turns of the event loop, at least, a request takes that was let in."""

_HURRY: Final = 0.65
"""How much less time there is for who is let in where next to all are turned away."""

_SHARE: Final = 4
_LEARNING: Final = 1 / 64
"""How far one answer moves the number of places towards what it tells."""

_LEARNING_CROWD: Final = 1 / 256
"""How far one who comes moves the share of those who are turned away."""


class Visit(Struct, frozen=True, gc=False):
    """A request that was let in: whose, when (in seconds), and how many were under way with it."""

    admission: "Admission"
    party: Hashable
    since_s: float
    ahead: int

    def leave(self) -> None:
        """Take the request for done; to be called once."""
        self.admission.leave(self)


class Admission:
    """How many requests are under way, and how many may be. For use on one thread.

    ``wait_s_max``: how long what is let in should take. ``now_s`` tells the time.
    ``is_crowded``: from half of the places on it matters who comes, and must be said; before that
    everybody is let in.
    """

    def __init__(
        self,
        *,
        wait_s_max: float,
        places: float = PLACES,
        now_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.places = places
        self.under_way = 0
        self.is_crowded = False
        self._turned_away = 0.0
        self._wait_s_max = wait_s_max
        self._filled: float = PLACES_FILLED
        self._now_s = now_s
        self._by_party: dict[Hashable, int] = {}

    def admits(self, party: Hashable) -> bool:
        """Return whether one more request of a party may come in; if not, it is turned away."""
        free = self.places - self.under_way
        if free > 0 and self._by_party.get(party, 0) < _SHARE * free:
            return True
        self._turned_away += (1 - self._turned_away) * _LEARNING_CROWD
        return False

    def enter(self, party: Hashable, came_s: float | None = None) -> Visit:
        """Let a request in; ``came_s`` is when it came, if it is not just now.

        ``party`` None: it does not matter whose it is.
        """
        self.under_way += 1
        self._turned_away -= self._turned_away * _LEARNING_CROWD
        self.is_crowded = 2 * self.under_way >= self.places
        if party is not None:
            self._by_party[party] = self._by_party.get(party, 0) + 1
        return Visit(self, party, self._now_s() if came_s is None else came_s, self.under_way)

    def leave(self, visit: Visit) -> None:
        """Take a request for done, and learn from how long it took."""
        self.under_way -= 1
        if visit.party is not None:
            self._forget(visit.party)
        took_s = self._now_s() - visit.since_s
        due_s = visit.ahead * self._wait_s_max
        has_waited = 2 * visit.ahead >= self.places and took_s > self._hurry * self._wait_s_max
        if has_waited or due_s > took_s * self.places:
            self._learn(due_s / took_s if took_s > 0 else _PLACES_MAX)
        self.is_crowded = 2 * self.under_way >= self.places

    def heed(self, turn_s: float) -> None:
        """Keep the store less busy, the longer a turn of the event loop takes.

        Then it is the loop that has no time, and more requests at once make each take longer.
        """
        left = 1 - _TURNS * turn_s / (self._hurry * self._wait_s_max)
        self._filled = max(_FILLED_MIN, PLACES_FILLED * left)

    @property
    def _hurry(self) -> float:
        """Which part of the time that a request may take it should take now."""
        return 1 - _HURRY * self._turned_away

    def _forget(self, party: Hashable) -> None:
        left = self._by_party[party] - 1
        if left:
            self._by_party[party] = left
        else:
            del self._by_party[party]

    def _learn(self, right: float) -> None:
        """Move the number of places a little towards the right one."""
        right = max(self._hurry * right, min(self._filled, right * _WAITS_MAX))
        moved = self.places + (right - self.places) * _LEARNING
        self.places = min(max(moved, 1), _PLACES_MAX)
