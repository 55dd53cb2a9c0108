"""The log stays short while commits go on, and nothing is lost when moving it fails."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from lastschrift.storage.sqlite import checkpoints
from lastschrift.storage.sqlite.checkpoints import Checkpoints
from lastschrift.storage.sqlite.connection import open_for_writing

PAGE_BYTES = 4096
LOG_PAGES_MAX = 400
LOG_BYTES_MAX = 5 * LOG_PAGES_MAX * PAGE_BYTES
"""Four times that length and a few commits: then commits wait."""

WAIT_S = 10


@pytest.fixture
def writing(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[apsw.Connection]:
    monkeypatch.setattr(checkpoints, "STEP_PAGES", 20)
    monkeypatch.setattr(checkpoints, "LOG_PAGES_MAX", LOG_PAGES_MAX)
    connection = open_for_writing(file)
    connection.execute("CREATE TABLE filling (page)")
    keeping = Checkpoints(file, connection)
    yield connection
    keeping.close()
    connection.close()


def commit(writing: apsw.Connection, times: int) -> None:
    for _ in range(times):
        writing.execute("INSERT INTO filling VALUES (randomblob(?))", (3 * PAGE_BYTES,))


def log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def see_moved(writing: apsw.Connection, file: Path) -> None:
    """Commit, and see at least half of it arrive in the database file without a further commit."""
    least = file.stat().st_size + 50 * 3 * PAGE_BYTES
    commit(writing, 100)
    await_bytes(file, least)


def await_bytes(file: Path, least: int) -> None:
    """Wait until the file is as long as that."""
    deadline = time.monotonic() + WAIT_S
    while file.stat().st_size < least and time.monotonic() < deadline:
        time.sleep(0.01)
    assert file.stat().st_size >= least


def test_the_log_stays_short(writing: apsw.Connection, file: Path) -> None:
    commit(writing, 2_000)
    assert file.stat().st_size > 2_000 * 2 * PAGE_BYTES
    assert log_of(file).stat().st_size < LOG_BYTES_MAX


def test_a_commit_waits_for_a_thread_that_is_far_behind(
    writing: apsw.Connection, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, move = threading.Event(), checkpoints._move

    def move_late(connection: apsw.Connection) -> None:
        assert connection is writing or gate.wait(WAIT_S)
        move(connection)

    monkeypatch.setattr(checkpoints, "_move", move_late)
    committing = threading.Thread(target=commit, args=(writing, 1_000))
    committing.start()
    await_bytes(log_of(file), 4 * LOG_PAGES_MAX * PAGE_BYTES)
    committing.join(1)
    assert committing.is_alive()
    assert log_of(file).stat().st_size < LOG_BYTES_MAX
    gate.set()
    committing.join(WAIT_S)
    assert log_of(file).stat().st_size < LOG_BYTES_MAX


@pytest.mark.skipif(sys.platform != "linux", reason="a thread has no priority of its own here")
def test_moving_is_less_urgent_than_all_else(writing: apsw.Connection, file: Path) -> None:
    see_moved(writing, file)
    (mover,) = (thread for thread in threading.enumerate() if thread.name == "checkpoint")
    assert mover.native_id is not None
    assert os.getpriority(os.PRIO_PROCESS, mover.native_id) == 10
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < 10


def test_what_was_committed_is_moved_without_a_further_commit(
    writing: apsw.Connection, file: Path
) -> None:
    see_moved(writing, file)


def test_a_log_that_is_not_long_yet_is_moved_as_well(
    writing: apsw.Connection, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "LOG_PAGES_MAX", 1_000_000)
    see_moved(writing, file)


def test_a_reader_in_the_way_makes_no_commit_fail(writing: apsw.Connection, file: Path) -> None:
    reader = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM filling").fetchall()
    commit(writing, 1_000)
    reader.execute("COMMIT")
    reader.close()
    length = log_of(file).stat().st_size
    commit(writing, 1_000)
    assert writing.execute("SELECT count(*) FROM filling").get == 2_000
    assert log_of(file).stat().st_size < length + LOG_BYTES_MAX
