"""What the server counts, in Prometheus' words: requests, latencies, commits, the queue.

Labels are routes and statuses, never anything of a request. The children of a metric are looked up
once and kept, because `labels()` alone costs more than the rest of counting.

>>> metrics = Metrics(version="0.1.0")
>>> metrics.answered("/oauth/token", 200, 0.004)
>>> b'lastschrift_requests_total{route="/oauth/token",status="200"} 1.0' in metrics.exposition()
True
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_COMMIT_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)

Count = Callable[[], None]
Observe = Callable[[float], None]


class Metrics:
    """All figures of one server."""

    def __init__(self, *, version: str) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "lastschrift_requests",
            "Requests answered.",
            ["route", "status"],
            registry=self._registry,
        )
        self._latencies = Histogram(
            "lastschrift_request_seconds",
            "Time from a request's head to its answer.",
            ["route"],
            buckets=_LATENCY_BUCKETS_S,
            registry=self._registry,
        )
        self._batches = Histogram(
            "lastschrift_commit_jobs",
            "Jobs committed together.",
            buckets=_BATCH_BUCKETS,
            registry=self._registry,
        )
        self._commits = Histogram(
            "lastschrift_commit_seconds",
            "Time that a commit took, with the work of its jobs.",
            buckets=_COMMIT_BUCKETS_S,
            registry=self._registry,
        )
        self._queue = Gauge(
            "lastschrift_queue_depth",
            "Jobs that wait for the next commit.",
            registry=self._registry,
        )
        build = Gauge("lastschrift_build", "Always 1.", ["version"], registry=self._registry)
        build.labels(version).set(1)
        ProcessCollector(registry=self._registry)
        self._known: dict[tuple[str, int], tuple[Count, Observe]] = {}

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answer; ``route`` is a label of ours, never a path that a client sent."""
        known = self._known.get((route, status))
        if known is None:
            known = self._children(route, status)
        count, observe = known
        count()
        observe(seconds)

    def committed(self, jobs: int, seconds: float) -> None:
        """Note a commit; called on the writer's thread."""
        self._batches.observe(jobs)
        self._commits.observe(seconds)

    def watch_queue(self, depth: Callable[[], int]) -> None:
        """Ask ``depth`` for the queue's length whenever the figures are read."""
        self._queue.set_function(depth)

    def exposition(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def _children(self, route: str, status: int) -> tuple[Count, Observe]:
        children = (
            self._requests.labels(route, str(status)).inc,
            self._latencies.labels(route).observe,
        )
        self._known[route, status] = children
        return children
