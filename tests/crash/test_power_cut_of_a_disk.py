"""A power cut of a real file system takes nothing that was acknowledged, on both engines."""

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.file_systems import PowerlessDisk, powerless_disk
from tests.crash.lives import Lives
from tests.crash.machine import Machine, program_on
from tests.crash.postgres_on_disk import postgres_on
from tests.crash.whole import integrity
from tests.postgres import PostgresServer
from tests.promises import control, promise, rounds
from tests.serving import PROGRAM

LIFE_S_MAX = 0.6
CUTS_UNTIL_NOTICED_MAX = 10


def live_until_power_goes(
    lives: Lives, disk: PowerlessDisk, program: tuple[str, ...] = PROGRAM
) -> None:
    """Let clients register until the power is cut; what they are told from then on is not counted.

    Without power nobody is told anything. Here the server goes on, and a sync that was under way
    when ext4 was shut down may succeed though the journal is not written any more.
    """
    with lives.live(program) as server, lives.registering(server):
        time.sleep(random.uniform(0, LIFE_S_MAX))
        told = lives.told.so_far()
        disk.cut()
    lives.told = told


# --- SQLite ---------------------------------------------------------------------------------------


@promise("survives-power-cut")
def test_what_sqlite_has_acknowledged_survives_a_power_cut_of_the_disk(
    figure: Callable[[str], None],
) -> None:
    cuts = rounds(ci=1, soak=200)
    with powerless_disk() as disk:
        lives = Lives(disk.place / "data")
        for _ in range(cuts):
            live_until_power_goes(lives, disk)
            disk.restart()
        lives.check()
        assert integrity(disk.place / "data" / "lastschrift.db") == "ok"
    figure(f"SQLite, on ext4 that was shut down: {cuts} cuts, {lives.summary}")


@control("survives-power-cut")
def test_what_sqlite_has_not_synced_is_noticed() -> None:
    program = program_on(Machine(broken=["sync_at_checkpoints_only"]))
    with powerless_disk() as disk:
        lives = Lives(disk.place / "data")
        with lives.live():  # The cuts begin once there is an installation.
            pass
        for _ in range(CUTS_UNTIL_NOTICED_MAX):
            live_until_power_goes(lives, disk, program)
            disk.restart()
            try:
                lives.check()
            except AssertionError:
                return
    pytest.fail("acknowledged before they were synced, and none was found lost")


# --- PostgreSQL -----------------------------------------------------------------------------------


def live_with_server_until_power_goes(
    lives: Lives, server: PostgresServer, disk: PowerlessDisk
) -> None:
    """Let clients register until the power is cut; then start the server on what is on disk."""
    live_until_power_goes(lives, disk)
    server.stop(signal.SIGKILL)
    disk.restart()
    server.start()


@promise("survives-power-cut")
def test_what_postgres_has_acknowledged_survives_a_power_cut_of_the_disk(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    cuts = rounds(ci=1, soak=200)
    with powerless_disk() as disk, postgres_on(disk.place) as server:
        lives = Lives(tmp_path / "data", ("--database", server.create_database()))
        for _ in range(cuts):
            live_with_server_until_power_goes(lives, server, disk)
        lives.check()
    figure(f"PostgreSQL, on ext4 that was shut down: {cuts} cuts, {lives.summary}")


@control("survives-power-cut")
def test_what_postgres_has_not_synced_is_noticed(tmp_path: Path) -> None:
    """What is lost may be rows, or the database: then it does not even start."""
    with powerless_disk() as disk, postgres_on(disk.place, fsync="off") as server:
        lives = Lives(tmp_path / "data", ("--database", server.create_database()))
        for _ in range(CUTS_UNTIL_NOTICED_MAX):
            try:
                live_with_server_until_power_goes(lives, server, disk)
                lives.check()
            except AssertionError:
                return
    pytest.fail("acknowledged before they were synced, and none was found lost")
