"""What one process has counted, and the sum of what several have."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from msgspec import Struct, structs

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
COMMIT_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Tally(Struct):
    """How often values fell into which bucket, and their sum. For use on one thread."""

    bounds: Sequence[float]
    counts: list[int]
    total: float = 0.0

    @classmethod
    def of(cls, bounds: Sequence[float]) -> "Tally":
        """Return a tally that has counted nothing yet."""
        return cls(bounds, [0] * (len(bounds) + 1))

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def take_in(self, other: "Tally") -> None:
        """Count all that another tally of the same bounds has counted."""
        self.counts = [mine + its for mine, its in zip(self.counts, other.counts, strict=True)]
        self.total += other.total

    def buckets(self) -> list[tuple[str, float]]:
        """Return how many values were at most each bound, as Prometheus wants it."""
        bounds = [*map(str, map(float, self.bounds)), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self.counts)), strict=True))


class Counts(Struct, kw_only=True):
    """All that a process has counted: answers by route and status, commits, and what waits now.

    ``turned_away`` are requests that were not let in, by why. ``under_way`` says how many of each
    kind are in now, ``places`` how many may be.
    """

    answers: dict[tuple[str, int], Tally]
    jobs: Tally
    commits: Tally
    queue_depth: int = 0
    turned_away: dict[str, int] = {}
    under_way: dict[str, int] = {}
    places: dict[str, int] = {}

    @classmethod
    def none(cls) -> "Counts":
        """Return the counts of a process that has done nothing."""
        return cls(answers={}, jobs=Tally.of(BATCH_BUCKETS), commits=Tally.of(COMMIT_BUCKETS_S))

    def without_queue(self) -> "Counts":
        """Return the same with nothing waiting."""
        return structs.replace(self, queue_depth=0, under_way={}, places={})

    def answered(self, route: str, status: int) -> Tally:
        """Return the tally of a route's answers of one status."""
        tally = self.answers.get((route, status))
        if tally is None:
            tally = self.answers[route, status] = Tally.of(LATENCY_BUCKETS_S)
        return tally


def sum_of(several: Iterable[Counts]) -> Counts:
    """Return what several processes have counted together."""
    total = Counts.none()
    for counts in several:
        for (route, status), tally in counts.answers.items():
            total.answered(route, status).take_in(tally)
        total.jobs.take_in(counts.jobs)
        total.commits.take_in(counts.commits)
        total.queue_depth += counts.queue_depth
        _add(total.turned_away, counts.turned_away)
        _add(total.under_way, counts.under_way)
        _add(total.places, counts.places)
    return total


def _add(total: dict[str, int], numbers: Mapping[str, int]) -> None:
    for name, number in numbers.items():
        total[name] = total.get(name, 0) + number
