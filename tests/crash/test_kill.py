"""A server killed at any moment has kept what it acknowledged, and nothing of it twice."""

import random
import statistics
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.clients import Told
from tests.crash.faults import Slow
from tests.crash.lives import Kept, Lives, check_kept
from tests.crash.machine import Machine, program_on
from tests.crash.whole import integrity
from tests.databases import ENGINES, keeping_on
from tests.promises import control, promise, rounds
from tests.serving import PROGRAM

LIFE_S_MAX = 0.8
KILLS_UNTIL_NOTICED_MAX = 20
CHANGE_S = 0.01


@promise("survives-kill")
@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_acknowledged_survives_any_kill_and_is_there_once(
    engine: str, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    kills = rounds(ci=8, soak=500)
    with keeping_on(engine) as options:
        lives = Lives(tmp_path / "data", options)
        for _ in range(kills):
            live_and_be_killed(lives)
        lives.check()
    if engine == "sqlite":
        assert integrity(tmp_path / "data" / "lastschrift.db") == "ok"
    assert len(lives.told.containers) > kills, "the clients hardly registered anything"
    assert lives.told.methods, "the clients registered nothing by PACE"
    assert lives.told.turned_away == 0
    again_s = lives.ready_s[1:]
    figure(
        f"{engine}: {kills:,} kills, {lives.summary}; answering again after "
        f"{statistics.median(again_s):.2f} s, at most {max(again_s):.2f} s"
    )


def live_and_be_killed(lives: Lives, program: tuple[str, ...] = PROGRAM) -> None:
    """Let clients register while the server is killed at some moment."""
    with lives.live(program) as server:
        timer = threading.Timer(random.uniform(0.05, LIFE_S_MAX), server.process.kill)
        timer.start()
        lives.register_until_gone(server)
        timer.join()


@control("survives-kill")
def test_answers_before_the_commit_are_noticed(tmp_path: Path) -> None:
    """The disk is slow, so that a kill more often comes between answer and commit."""
    lives, armed = Lives(tmp_path / "data"), tmp_path / "armed"
    slow = Slow(armed=str(armed), change_s=CHANGE_S)
    machine = Machine(disk=slow, broken=["answer_before_the_commit"])
    for _ in range(KILLS_UNTIL_NOTICED_MAX):
        armed.unlink(missing_ok=True)
        with lives.live(program_on(machine)) as server, lives.registering(server):
            armed.touch()
            lives.await_more()
        try:
            lives.check()
        except AssertionError:
            return
    raise AssertionError("acknowledged before they were kept, and none was found lost")


def test_the_check_finds_a_lost_and_a_doubled_account() -> None:
    told = Told(containers={"PCT_1": ("PCU_1", "DE1")})
    check_kept(told, Kept(dict(told.containers), set()))
    for containers in ({}, {"PCT_1": ("PCU_1", "DE1"), "PCT_2": ("PCU_1", "DE1")}):
        with pytest.raises(AssertionError):
            check_kept(told, Kept(containers, set()))
