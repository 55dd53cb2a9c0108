"""What the server counts, in Prometheus' words: requests, latencies, commits, the queue.

Labels are routes and statuses, never anything of a request. Counting is a few additions, so that
the hot path hardly feels it; the figures take Prometheus' form when they are read.

>>> metrics = Metrics(version="0.1.0")
>>> metrics.answered("/oauth/token", 200, 0.004)
>>> b'lastschrift_requests_total{route="/oauth/token",status="200"} 1.0' in metrics.exposition()
True
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_COMMIT_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Tally:
    """How often values fell into which bucket, and their sum. For use on one thread."""

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def take_in(self, other: "Tally") -> None:
        """Count all that another tally of the same bounds has counted."""
        self.counts = [mine + its for mine, its in zip(self.counts, other.counts, strict=True)]
        self.total += other.total

    def buckets(self) -> list[tuple[str, float]]:
        """Return how many values were at most each bound, as Prometheus wants it."""
        bounds = [*map(str, map(float, self._bounds)), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self.counts)), strict=True))


class Metrics(Collector):
    """All figures of one server."""

    def __init__(self, *, version: str) -> None:
        self._answers: dict[tuple[str, int], Tally] = defaultdict(
            partial(Tally, _LATENCY_BUCKETS_S)
        )
        self._jobs = Tally(_BATCH_BUCKETS)
        self._commits = Tally(_COMMIT_BUCKETS_S)
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._queue = Gauge(
            "lastschrift_queue_depth",
            "Jobs that wait for the next commit.",
            registry=self._registry,
        )
        build = Gauge("lastschrift_build", "Always 1.", ["version"], registry=self._registry)
        build.labels(version).set(1)
        ProcessCollector(registry=self._registry)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answer; ``route`` is a label of ours, never a path that a client sent."""
        self._answers[route, status].add(seconds)

    def committed(self, jobs: int, seconds: float) -> None:
        """Note a commit."""
        self._jobs.add(jobs)
        self._commits.add(seconds)

    def watch_queue(self, depth: Callable[[], int]) -> None:
        """Ask ``depth`` for the queue's length whenever the figures are read."""
        self._queue.set_function(depth)

    def exposition(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted, as `prometheus_client` reads it."""
        requests = CounterMetricFamily(
            "lastschrift_requests", "Requests answered.", labels=["route", "status"]
        )
        latencies = HistogramMetricFamily(
            "lastschrift_request_seconds",
            "Time from a request's head to its answer.",
            labels=["route"],
        )
        by_route: dict[str, Tally] = defaultdict(partial(Tally, _LATENCY_BUCKETS_S))
        for (route, status), tally in self._answers.items():
            requests.add_metric([route, str(status)], sum(tally.counts))
            by_route[route].take_in(tally)
        for route, tally in by_route.items():
            latencies.add_metric([route], tally.buckets(), tally.total)
        yield requests
        yield latencies
        yield _histogram("lastschrift_commit_jobs", "Jobs committed together.", self._jobs)
        yield _histogram(
            "lastschrift_commit_seconds",
            "Time that a commit took, with the work of its jobs.",
            self._commits,
        )


def _histogram(name: str, meaning: str, tally: Tally) -> HistogramMetricFamily:
    return HistogramMetricFamily(name, meaning, buckets=tally.buckets(), sum_value=tally.total)
