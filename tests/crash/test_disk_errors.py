"""A disk that is full or broken: whoever waits is told to come back, and nothing half is kept."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.crash.faults import Failing
from tests.crash.lives import Lives
from tests.crash.machine import Machine, program_on
from tests.crash.whole import integrity
from tests.promises import control, promise, rounds
from tests.serving import RunningServer

WAIT_S = 20
POINTS = 60


def live_on_failing_disk(lives: Lives, points: int, broken: tuple[str, ...] = ()) -> Counter[str]:
    """Let clients register while the disk fails; return how often it did, by call and reason.

    When it is in order again, so is the server, without anybody's help.
    """
    armed, calls = lives.directory.parent / "armed", lives.directory.parent / "calls"
    calls.touch()
    failing = Failing(armed=str(armed), calls=str(calls), points=points, seed=points)
    program = program_on(Machine(disk=failing, broken=broken))
    with lives.live(program) as server, lives.registering(server):
        armed.touch()
        deadline = time.monotonic() + WAIT_S
        while len(calls.read_text().splitlines()) < points:
            assert time.monotonic() < deadline, "the disk failed too seldom"
            assert server.process.poll() is None, server.log.read_text()
            time.sleep(0.01)
        armed.unlink()
        lives.await_more()
        check_told_of_outages(server)
    return Counter(" ".join(line.split()[:2]) for line in calls.read_text().splitlines())


def check_told_of_outages(server: RunningServer) -> None:
    """Find in the log that the database could not be used, and could again; and no error of ours.

    Raises: AssertionError.
    """
    log = server.log.read_text()
    assert "the database can't be used" in log
    assert "the database can be used again" in log
    assert "unexpected error" not in log, log
    assert httpx2.get(server.url + "/readyz").status_code == 200


@promise("disk-full")
def test_a_disk_that_fails_at_any_call_is_told_as_unavailable_and_loses_nothing(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    lives, points = Lives(tmp_path / "data"), rounds(ci=POINTS, soak=300)
    failed = live_on_failing_disk(lives, points)
    lives.check()
    assert integrity(tmp_path / "data" / "lastschrift.db") == "ok"
    assert lives.told.turned_away > 0
    told = ", ".join(f"{reason} {times}" for reason, times in sorted(failed.items()))
    figure(
        f"SQLite: {points} failed calls ({told}): {lives.told.turned_away:,} told 503, "
        f"{lives.summary}"
    )


@control("disk-full")
def test_believing_a_failed_commit_is_noticed(tmp_path: Path) -> None:
    lives = Lives(tmp_path / "data")
    live_on_failing_disk(lives, POINTS, broken=("believe_a_failed_commit",))
    with pytest.raises(AssertionError, match="are lost"):
        lives.check()
