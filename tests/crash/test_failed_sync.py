"""A disk that did not keep what it took ends the server, and what comes after it is not lost."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.faults import Unsyncing
from tests.crash.lives import Lives
from tests.crash.machine import Machine, program_on
from tests.crash.power import Power
from tests.crash.whole import integrity
from tests.promises import control, promise, rounds

SYNCS_MAX = 100
NEVER = 1_000_000
SAID = "the disk has not kept what was written"


def live_until_a_sync_fails(lives: Lives, machine: Machine, armed: Path) -> tuple[int, str]:
    """Let clients register until a sync fails; return the exit code, and what was said."""
    armed.unlink(missing_ok=True)
    with lives.live(program_on(machine)) as server:
        armed.touch()
        lives.register_until_gone(server)
        code = server.process.wait(10)
        return code, server.log.read_text()


@promise("fsync-failure-ends")
@pytest.mark.parametrize("is_log", [True, False])
def test_a_sync_that_fails_ends_the_server(
    tmp_path: Path, *, is_log: bool, figure: Callable[[str], None]
) -> None:
    lives, armed = Lives(tmp_path / "data"), tmp_path / "armed"
    failures = rounds(ci=2, soak=15)
    for _ in range(failures):
        at = random.randint(1, SYNCS_MAX if is_log else 3)
        disk = Unsyncing(armed=str(armed), at=at, is_log=is_log)
        code, said = live_until_a_sync_fails(
            lives, Machine(disk=disk, moves_log_at_once=not is_log), armed
        )
        assert code == os.EX_IOERR
        assert said.count(SAID) == 1
    lives.check()
    assert integrity(tmp_path / "data" / "lastschrift.db") == "ok"
    what = "a commit" if is_log else "moving the log into the database"
    figure(f"{failures} failed syncs of {what}: ended each time, {lives.summary}")


@control("fsync-failure-ends")
def test_a_server_that_goes_on_is_noticed(tmp_path: Path) -> None:
    armed = tmp_path / "armed"
    disk = Unsyncing(armed=str(armed), at=1, is_log=True)
    machine = Machine(disk=disk, broken=["go_on_after_a_failed_sync"])
    lives = Lives(tmp_path / "data")
    with lives.live(program_on(machine)) as server, lives.registering(server):
        armed.touch()
        lives.await_more()
        assert server.process.poll() is None
        assert SAID not in server.log.read_text()


# --- after it -------------------------------------------------------------------------------------


def lose_a_sync_go_on_and_lose_power(lives: Lives, broken: tuple[str, ...] = ()) -> None:
    """Let a sync fail; register on the same disk after it; cut the power.

    The page cache outlives the first server: what it could not sync, the second one reads.
    """
    with lives.live():  # From here on there is an installation.
        pass
    place = lives.directory.parent
    armed, lost = place / "armed", str(place / "lost")
    first = Power(armed=str(armed), at=NEVER, seed=1, lost=lost, failing_sync=20)
    code, _ = live_until_a_sync_fails(lives, Machine(disk=first, broken=broken), armed)
    assert code == os.EX_IOERR
    second = Power(armed=str(armed), at=1_500, seed=random.getrandbits(32), lost=lost)
    with lives.live(program_on(Machine(disk=second, broken=broken))) as server:
        lives.register_until_gone(server)
        server.process.wait(10)


@promise("survives-power-cut")
def test_what_comes_after_a_failed_sync_survives_a_power_cut(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    cuts = rounds(ci=1, soak=20)
    for cut in range(cuts):
        lives = Lives(tmp_path / f"{cut}" / "data")
        lives.directory.parent.mkdir()
        lose_a_sync_go_on_and_lose_power(lives)
        lives.check()
        assert integrity(lives.directory / "lastschrift.db") == "ok"
    figure(f"SQLite, a power cut some moments after a failed sync: {cuts} cuts, 0 lost, 0 doubled")


@control("survives-power-cut")
def test_adding_to_a_log_that_is_not_on_disk_is_noticed(tmp_path: Path) -> None:
    lives = Lives(tmp_path / "data")
    lose_a_sync_go_on_and_lose_power(lives, broken=("add_to_an_old_log",))
    with pytest.raises(AssertionError):
        lives.check()
