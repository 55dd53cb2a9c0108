"""Whether sorts of requests can be told apart by the time that they take: Welch's t-test.

Beyond 4.5 they can: by chance alone that happens once in a hundred thousand times. The test is made
twice. On all times it says what somebody sees who asks as often; a machine that is busy hides much
from it. Without the slowest tenth it sees less than a microsecond, so that it counts only from a
few on: whether there is a row takes a database some hundred nanoseconds, and nobody can help that.
"""

import gc
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import fmean, quantiles, variance

T_MAX = 4.5
NEGLIGIBLE_NS = 5_000
WARM_UP_ROUNDS = 50

Ask = Callable[[], Awaitable[int]]
"""Asks what was put together before, and returns how many nanoseconds the answer took."""

Prepare = Callable[[], Ask]
"""Puts a request together."""


def welch_t(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Welch's t, without its sign."""
    error = sqrt(variance(one) / len(one) + variance(other) / len(other))
    return abs(fmean(one) - fmean(other)) / error


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How clearly two sorts differ: by all times, and by the quick nine tenths of them."""

    t: float
    t_of_quick: float
    nanoseconds_of_quick: float

    @classmethod
    def between(cls, one: Sequence[float], other: Sequence[float]) -> "Difference":
        """Return how clearly two sorts differ, by the nanoseconds that they took."""
        limit = quantiles([*one, *other], n=10)[-1]
        quick_one, quick_other = ([time for time in it if time < limit] for it in (one, other))
        return cls(
            t=welch_t(one, other),
            t_of_quick=welch_t(quick_one, quick_other),
            nanoseconds_of_quick=abs(fmean(quick_one) - fmean(quick_other)),
        )

    @property
    def is_seen(self) -> bool:
        """Whether the two can be told apart."""
        is_seen_in_quick = self.t_of_quick > T_MAX and self.nanoseconds_of_quick > NEGLIGIBLE_NS
        return self.t > T_MAX or is_seen_in_quick

    def __str__(self) -> str:
        microseconds = self.nanoseconds_of_quick / 1000
        return f"t = {self.t:.1f}, of the quick {self.t_of_quick:.1f} ({microseconds:.1f} µs)"


async def differences(sorts: Mapping[str, Prepare], rounds: int) -> dict[str, Difference]:
    """Ask each sort so many times, in random order, and compare every two sorts."""
    await _times(sorts, WARM_UP_ROUNDS)
    times = await _times(sorts, rounds)
    return {
        f"{one} and {other}": Difference.between(times[one], times[other])
        for one, other in combinations(sorts, 2)
    }


async def _times(sorts: Mapping[str, Prepare], rounds: int) -> dict[str, list[int]]:
    requests = [(name, prepare()) for name, prepare in sorts.items() for _ in range(rounds)]
    random.shuffle(requests)
    times: dict[str, list[int]] = {name: [] for name in sorts}
    with _nothing_tidied_up():
        for name, ask in requests:
            times[name].append(await ask())
    return times


@contextmanager
def _nothing_tidied_up() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
