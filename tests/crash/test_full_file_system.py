"""A file system without space: 503 while it lasts, success when it is over, and nothing lost."""

import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.crash.file_systems import filled, small_disk
from tests.crash.lives import Lives
from tests.crash.postgres_on_disk import postgres_on
from tests.crash.test_disk_errors import check_told_of_outages
from tests.crash.whole import integrity
from tests.postgres import PostgresServer
from tests.promises import promise, rounds
from tests.serving import RunningServer

DISK_BYTES = 64 * 1024**2
POSTGRES_DISK_BYTES = 400 * 1024**2
WAIT_S = 30

MakeFull = Callable[[RunningServer], AbstractContextManager[None]]


def fill_again_and_again(lives: Lives, make_full: MakeFull, times: int) -> None:
    """Let clients register while there is space, and none, and space again."""
    with lives.live() as server, lives.registering(server):
        for _ in range(times):
            with make_full(server):
                await_turned_away(lives)
            lives.await_more()
        check_told_of_outages(server)


def await_turned_away(lives: Lives) -> None:
    """Wait until clients are told to come back: what is there already, the log has room for."""
    before, deadline = lives.told.turned_away, time.monotonic() + WAIT_S
    while lives.told.turned_away == before:
        assert time.monotonic() < deadline, "nobody was turned away"
        time.sleep(0.005)


@contextmanager
def growing_no_file(server: RunningServer) -> Iterator[None]:
    """Let no file of the server grow beyond what the log has: writing more is an error (EFBIG)."""
    log = server.directory / "lastschrift.db-wal"
    limit, process = resource.RLIMIT_FSIZE, server.process.pid
    soft, hard = resource.prlimit(process, limit)
    resource.prlimit(process, limit, (log.stat().st_size, hard))
    try:
        yield
    finally:
        resource.prlimit(process, limit, (soft, hard))


@promise("disk-full")
def test_a_server_whose_files_may_not_grow_goes_on_when_they_may(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    lives, times = Lives(tmp_path / "data"), rounds(ci=3, soak=50)
    fill_again_and_again(lives, growing_no_file, times)
    lives.check()
    assert integrity(tmp_path / "data" / "lastschrift.db") == "ok"
    figure(f"SQLite, files that may not grow, {times} times: {told(lives)}")


@promise("disk-full")
def test_a_server_on_a_full_file_system_goes_on_when_there_is_space(
    figure: Callable[[str], None],
) -> None:
    times = rounds(ci=3, soak=50)
    with small_disk(DISK_BYTES) as place:
        lives = Lives(place / "data")
        fill_again_and_again(lives, lambda _server: filled(place), times)
        lives.check()
        assert integrity(place / "data" / "lastschrift.db") == "ok"
    figure(f"SQLite, a full file system, {times} times: {told(lives)}")


@promise("disk-full")
def test_a_postgres_on_a_full_file_system_is_told_as_unavailable_and_loses_nothing(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """PostgreSQL ends where its log can't grow, and has to be started again once there is space."""
    times = rounds(ci=1, soak=20)
    with small_disk(POSTGRES_DISK_BYTES) as place, postgres_on(place) as server:
        lives = Lives(tmp_path / "data", ("--database", server.create_database()))
        fill_again_and_again(lives, lambda _server: filled_below(server), times)
        lives.check()
    figure(f"PostgreSQL, a full file system, {times} times: {told(lives)}")


@contextmanager
def filled_below(server: PostgresServer) -> Iterator[None]:
    """Fill the file system below a server, and start it anew when there is space again."""
    with filled(server.directory.parent):
        yield
    server.stop(signal.SIGQUIT)
    server.start()


def told(lives: Lives) -> str:
    """Return what there is to tell."""
    return f"{lives.told.turned_away:,} told 503, {lives.summary}"
