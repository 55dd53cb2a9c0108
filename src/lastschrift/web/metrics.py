"""What the server counts, in Prometheus' words: requests, latencies, commits, the queue.

Labels are routes and statuses, never anything of a request. Counting is a few additions, so that
the hot path hardly feels it; the figures take Prometheus' form when they are read.

>>> metrics = Metrics(version="0.1.0")
>>> metrics.observe("/oauth/token", 200)(0.004)
>>> b'lastschrift_requests_total{route="/oauth/token",status="200"} 1.0' in metrics.exposition()
True
"""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from lastschrift.web.door import Door
from lastschrift.web.processes.counts import LATENCY_BUCKETS_S, Counts, Tally

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Metrics(Collector):
    """All figures of one server.

    ``total`` is for one of several processes: of what it has counted it makes what all have. Then
    nothing is told of a single process (its memory, its CPU): each time it would be another one's.
    """

    def __init__(self, *, version: str, total: Callable[[Counts], Counts] | None = None) -> None:
        self._counts = Counts.none()
        self._total = total
        self._queue_depth: Callable[[], int] = lambda: 0
        self._door: Door | None = None
        self._registry = CollectorRegistry()
        self._registry.register(self)
        build = Gauge("lastschrift_build", "Always 1.", ["version"], registry=self._registry)
        build.labels(version).set(1)
        if total is None:
            ProcessCollector(registry=self._registry)

    def observe(self, route: str, status: int) -> Callable[[float], None]:
        """Return what counts answers; ``route`` is a label of ours, never a path of a client's."""
        return self._counts.answered(route, status).add

    def committed(self, jobs: int, seconds: float) -> None:
        """Note a commit."""
        self._counts.jobs.add(jobs)
        self._counts.commits.add(seconds)

    def watch_queue(self, depth: Callable[[], int]) -> None:
        """Ask ``depth`` for the queue's length whenever the figures are read."""
        self._queue_depth = depth

    def watch_door(self, door: Door) -> None:
        """Ask the door for whom it let in and turned away whenever the figures are read."""
        self._door = door

    def counts(self) -> Counts:
        """Return what this process has counted so far."""
        self._counts.queue_depth = self._queue_depth()
        door = self._door
        if door is not None:
            kinds = {"change": door.changing, "read": door.reading}
            self._counts.turned_away = door.turned_away
            self._counts.under_way = {kind: each.under_way for kind, each in kinds.items()}
            self._counts.places = {kind: int(each.places) for kind, each in kinds.items()}
        return self._counts

    def exposition(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted, as `prometheus_client` reads it."""
        total = self.counts() if self._total is None else self._total(self.counts())
        yield from _requests(total)
        yield _histogram("lastschrift_commit_jobs", "Jobs committed together.", total.jobs)
        yield _histogram(
            "lastschrift_commit_seconds",
            "Time that a commit took, with the work of its jobs.",
            total.commits,
        )
        yield GaugeMetricFamily(
            "lastschrift_queue_depth",
            "Jobs that wait for the next commit.",
            value=total.queue_depth,
        )
        yield from _door(total)


def _door(total: Counts) -> Iterator[Metric]:
    turned_away = CounterMetricFamily(
        "lastschrift_requests_turned_away",
        "Requests answered 503 at the door, which are not among the requests answered.",
        labels=["reason"],
    )
    for reason, number in total.turned_away.items():
        turned_away.add_metric([reason], number)
    yield turned_away
    for name, meaning, numbers in (
        ("lastschrift_requests_under_way", "Requests let in and not answered.", total.under_way),
        ("lastschrift_places", "Requests that may be under way at present.", total.places),
    ):
        gauge = GaugeMetricFamily(name, meaning, labels=["kind"])
        for kind, number in numbers.items():
            gauge.add_metric([kind], number)
        yield gauge


def _requests(total: Counts) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        "lastschrift_requests", "Requests answered.", labels=["route", "status"]
    )
    latencies = HistogramMetricFamily(
        "lastschrift_request_seconds",
        "Time from a request's head to its answer.",
        labels=["route"],
    )
    by_route: dict[str, Tally] = {}
    for (route, status), tally in total.answers.items():
        requests.add_metric([route, str(status)], sum(tally.counts))
        by_route.setdefault(route, Tally.of(LATENCY_BUCKETS_S)).take_in(tally)
    for route, tally in by_route.items():
        latencies.add_metric([route], tally.buckets(), tally.total)
    yield requests
    yield latencies


def _histogram(name: str, meaning: str, tally: Tally) -> HistogramMetricFamily:
    return HistogramMetricFamily(name, meaning, buckets=tally.buckets(), sum_value=tally.total)
