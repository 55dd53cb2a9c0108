"""What is counted, and under which labels."""

import re

import pytest

from lastschrift.web.metrics import Metrics


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="1.2.3")


def figure(metrics: Metrics, name: str) -> float:
    """Return a figure by its name and labels, as the text format writes them."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", metrics.exposition().decode(), re.MULTILINE)
    assert found is not None, f"there is no {name}"
    return float(found[1])


def test_answers_are_counted_by_route_and_status(metrics: Metrics) -> None:
    metrics.observe("/a", 200)(0.004)
    metrics.observe("/a", 200)(0.004)
    metrics.observe("/a", 404)(0.004)
    assert figure(metrics, 'lastschrift_requests_total{route="/a",status="200"}') == 2
    assert figure(metrics, 'lastschrift_requests_total{route="/a",status="404"}') == 1


def test_latencies_are_gathered_by_route(metrics: Metrics) -> None:
    metrics.observe("/a", 200)(0.004)
    metrics.observe("/a", 404)(3)
    assert figure(metrics, 'lastschrift_request_seconds_count{route="/a"}') == 2
    assert figure(metrics, 'lastschrift_request_seconds_sum{route="/a"}') == 3.004
    assert figure(metrics, 'lastschrift_request_seconds_bucket{le="0.005",route="/a"}') == 1


def test_commits_are_gathered_with_their_jobs_and_their_time(metrics: Metrics) -> None:
    metrics.committed(16, 0.002)
    metrics.committed(1, 0.001)
    assert figure(metrics, "lastschrift_commit_jobs_sum") == 17
    assert figure(metrics, "lastschrift_commit_jobs_count") == 2
    assert figure(metrics, "lastschrift_commit_seconds_sum") == 0.003


def test_the_queue_is_measured_when_the_figures_are_read(metrics: Metrics) -> None:
    waiting = [1, 2, 3]
    metrics.watch_queue(lambda: len(waiting))
    assert figure(metrics, "lastschrift_queue_depth") == 3
    waiting.clear()
    assert figure(metrics, "lastschrift_queue_depth") == 0


def test_the_version_is_told(metrics: Metrics) -> None:
    assert figure(metrics, 'lastschrift_build{version="1.2.3"}') == 1


def test_the_process_is_measured(metrics: Metrics) -> None:
    assert figure(metrics, "process_resident_memory_bytes") > 0


def test_two_servers_in_one_process_count_apart() -> None:
    one, other = Metrics(version="1"), Metrics(version="1")
    one.observe("/a", 200)(0.1)
    assert b"/a" not in other.exposition()
