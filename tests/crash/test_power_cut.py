"""A power cut takes what was not synced, sector by sector, and nothing that was acknowledged."""

import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.lives import Lives
from tests.crash.machine import Machine, program_on
from tests.crash.power import Power
from tests.crash.whole import integrity
from tests.promises import control, promise, rounds
from tests.serving import DidNotStart

CHANGES_MAX = 3_000
CUTS_UNTIL_NOTICED_MAX = 10


def live_and_lose_power(lives: Lives, broken: tuple[str, ...] = ()) -> None:
    """Let clients register until the power is cut, at some write or sync.

    It may be one of those at the start, which moves what the log holds.
    """
    armed = lives.directory.parent / "armed"
    armed.touch()
    power = Power(
        armed=str(armed),
        at=random.randint(200, CHANGES_MAX),
        seed=random.getrandbits(32),
        lost=str(lives.directory.parent / "lost"),
    )
    try:
        with lives.live(program_on(Machine(disk=power, broken=broken))) as server:
            lives.register_until_gone(server)
            server.process.wait(10)
    except DidNotStart as ended:
        if ended.status != -signal.SIGKILL:
            raise
    armed.unlink()


@promise("survives-power-cut")
def test_what_was_acknowledged_survives_a_power_cut(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    lives, cuts = Lives(tmp_path / "data"), rounds(ci=3, soak=200)
    with lives.live():  # The cuts begin once there is an installation.
        pass
    for _ in range(cuts):
        live_and_lose_power(lives)
        assert integrity(tmp_path / "data" / "lastschrift.db") == "ok"
    lives.check()
    assert lives.acknowledged > cuts, "the clients hardly registered anything"
    figure(f"SQLite, on a disk that loses what was not synced: {cuts} cuts, {lives.summary}")


@control("survives-power-cut")
def test_answers_that_are_not_synced_are_noticed(tmp_path: Path) -> None:
    lives = Lives(tmp_path / "data")
    with lives.live():
        pass
    for _ in range(CUTS_UNTIL_NOTICED_MAX):
        live_and_lose_power(lives, broken=("sync_at_checkpoints_only",))
        try:
            lives.check()
        except AssertionError:
            return
    pytest.fail("acknowledged before they were synced, and none was found lost")
