"""Slow clients against a real server, with a client that works beside them.

In CI few of them, and the server has little patience, so that this is over soon; how quick it is
meanwhile is then only told, as the machine may have other work.
"""

import http.client
import json
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from threading import Event, Thread

import httpx2
import pytest

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from tests.promises import IS_SOAK, control, promise, rounds
from tests.serving import RunningServer, running_sandbox
from tests.traffic.slow_clients import TooFewDescriptors, Way, allow_connections, slow_clients

COUNT = rounds(ci=50, soak=1_000)
REQUEST_TIMEOUT_S = str(rounds(ci=1, soak=18))
"""Where nothing is set, 18 s."""

CUT_WITHIN_S = rounds(ci=6, soak=20)
"""In CI with time for a machine that is busy."""

MEASURED_FOR_S = rounds(ci=1, soak=15)
NOISE_S = 0.002
"""What of a p99 says nothing about the server."""

CUSTOMERS = "/api/v2/Payment/Customers"
CUSTOMER = json.dumps({"contact": {"surname": "Doe"}})


class SlowClientsHarm(AssertionError):
    """Slow clients were not cut, or others had to wait."""


# --- the proof ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_sandbox(LASTSCHRIFT_REQUEST_TIMEOUT_S=REQUEST_TIMEOUT_S) as running:
        yield running


@promise("slow-clients")
@pytest.mark.parametrize("way", Way)
def test_slow_clients_are_cut_and_harm_nobody(
    way: Way, server: RunningServer, figure: Callable[[str], None]
) -> None:
    alone = latencies_s(server)
    before = memory_mb(server)
    with slow_clients(server.port, way, COUNT, patience_s=CUT_WITHIN_S + 10) as slow:
        beside = latencies_s(server)
        memory = memory_mb(server) - before
        seconds = slow.seconds_until_cut()
    check_all_cut(seconds, COUNT)
    if IS_SOAK:
        check_unharmed(alone, beside)
    assert '"level":"error"' not in server.log.read_text()
    figure(
        f"{way.name.lower().replace('_', ' ')}: {COUNT:,} connections cut after {min(seconds):.1f} "
        f"to {max(seconds):.1f} s; p99 of others {p99(alone) * 1000:.1f} ms without them and "
        f"{p99(beside) * 1000:.1f} ms beside them; {memory:.0f} MB for them meanwhile"
    )


def check_all_cut(seconds: Sequence[float], count: int) -> None:
    """See that all were cut, and none of them late."""
    if len(seconds) < count or max(seconds) > CUT_WITHIN_S:
        latest = max(seconds, default=0)
        raise SlowClientsHarm(f"of {count} were cut {len(seconds)}, the last after {latest} s")


def check_unharmed(alone: Sequence[float], beside: Sequence[float]) -> None:
    """See that others' p99 is at most doubled."""
    if p99(beside) > 2 * p99(alone) + NOISE_S:
        raise SlowClientsHarm(f"p99 is {p99(beside)} s instead of {p99(alone)} s")


# --- a client beside them -------------------------------------------------------------------------


def latencies_s(server: RunningServer) -> list[float]:
    """Save customers one after the other for a while, and return how long each took."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    headers = {"Authorization": f"Bearer {token(server)}", "Content-Type": "application/json"}
    seconds = []
    until = time.perf_counter() + MEASURED_FOR_S
    while (started := time.perf_counter()) < until:
        connection.request("POST", CUSTOMERS, CUSTOMER, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        seconds.append(time.perf_counter() - started)
    connection.close()
    return seconds


def token(server: RunningServer) -> str:
    asked = {
        "grant_type": "client_credentials",
        "client_id": DEMO_CLIENT_ID,
        "client_secret": DEMO_CLIENT_SECRET,
    }
    found: str = httpx2.post(f"{server.url}/oauth/token", data=asked).json()["access_token"]
    return found


def p99(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=100)[-1]


def memory_mb(server: RunningServer) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in status if line.startswith("VmRSS"))
    return int(kilobytes) / 1024


# --- controls -------------------------------------------------------------------------------------


@control("slow-clients")
@pytest.mark.parametrize("way", Way)
def test_a_server_that_waits_for_ever_is_noticed(way: Way) -> None:
    with (
        running_sandbox(LASTSCHRIFT_REQUEST_TIMEOUT_S="3600") as patient,
        slow_clients(patient.port, way, 2, patience_s=1) as slow,
        pytest.raises(SlowClientsHarm, match="of 2 were cut 0"),
    ):
        check_all_cut(slow.seconds_until_cut(), 2)


@control("slow-clients")
def test_a_server_that_lets_others_wait_is_noticed(server: RunningServer) -> None:
    alone = latencies_s(server)
    with halting(server, 0.1 + 3 * p99(alone)):
        beside = latencies_s(server)
    with pytest.raises(SlowClientsHarm, match="p99 is"):
        check_unharmed(alone, beside)


@contextmanager
def halting(server: RunningServer, halt_s: float) -> Iterator[None]:
    """Stop the server every few milliseconds, for so long."""
    is_over = Event()

    def halt() -> None:
        while not is_over.wait(0.005):
            server.process.send_signal(signal.SIGSTOP)
            is_over.wait(halt_s)
            server.process.send_signal(signal.SIGCONT)

    thread = Thread(target=halt)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_it_is_told_that_too_few_files_may_be_open() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with pytest.raises(TooFewDescriptors, match=f"and {hard} are allowed: set the hard limit"):
        allow_connections(hard)
