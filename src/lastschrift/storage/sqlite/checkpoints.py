"""Moving what the log holds into the database, a little at a time, beside those who commit.

SQLite's own way is that the commit which finds the log long moves all of it, and everybody waits
for the disk: the slowest hundredth of all answers were such waits. Here a thread with a connection
of its own moves what came since the last time, again and again, while commits go on. It can't begin
the log anew, as something is always committed meanwhile; so from time to time a commit moves the
little rest itself, and the next one writes at the log's beginning again. Nobody waits for the
thread, so it is behind all others when a processor is given away; only if it gets none for so long
that the log becomes too long, a commit does wait.
"""

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import apsw

from lastschrift.storage.sqlite.failures import end_if_not_kept

STEP_PAGES = 200
"""After so many new pages the thread moves them: few enough for the disk to take in passing."""

LOG_PAGES_MAX = 16_000
"""From this length on (64 MB) the log is begun anew."""

_TOO_LONG = 4
"""So many times that length is too long: a commit that finds it so waits for the thread."""

_NICENESS = 10
"""Of 19: with as much to do, who commits has nine tenths of a processor."""

Errand = Callable[[apsw.Connection], None]
"""What is to be done by the writing connection while nothing is under way on it."""


class Checkpoints:
    """Keeps the log of one writing connection short."""

    def __init__(self, path: Path, writing: apsw.Connection) -> None:
        self._mover = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        # Who has never read does not know that there is a log, and moves nothing of it.
        self._mover.execute("PRAGMA schema_version").fetchall()
        self._moved_pages = 0
        self._idle = threading.Event()
        self._idle.set()
        self._is_ending = False
        self._errand: Errand | None = None
        self._wanted = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._move_on_demand, name="checkpoint", daemon=True)
        self._thread.start()
        writing.set_wal_hook(self._committed)

    def close(self) -> None:
        """End the thread; the last connection that closes moves what is left."""
        self._is_ending = True
        self._wanted.release()
        self._thread.join()
        self._mover.close()

    def behind_next_commit(self, errand: Errand) -> None:
        """Have something done behind the next commit, on its thread and before it is answered."""
        self._errand = errand

    def _committed(self, writing: apsw.Connection, _schema: str, pages: int) -> int:
        """Look, after each commit and on its thread, whether the log has to be moved."""
        errand, self._errand = self._errand, None
        if errand is not None:
            errand(writing)
            return apsw.SQLITE_OK
        if not self._idle.is_set():
            if pages < _TOO_LONG * LOG_PAGES_MAX:
                return apsw.SQLITE_OK
            self._idle.wait()
        if pages < self._moved_pages:  # The log has begun anew.
            self._moved_pages = 0
        if pages > LOG_PAGES_MAX and pages - self._moved_pages < STEP_PAGES:
            _move(writing)
        elif pages - self._moved_pages >= STEP_PAGES:
            self._moved_pages = pages
            self._idle.clear()
            self._wanted.release()
        return apsw.SQLITE_OK

    def _move_on_demand(self) -> None:
        _stand_back()
        while True:
            self._wanted.acquire()
            if self._is_ending:
                return
            _move(self._mover)
            self._idle.set()


def _stand_back() -> None:
    """Let this thread's work be less urgent than all other; in Linux a thread has a priority."""
    if sys.platform == "linux":
        with suppress(OSError):  # It may not be asked for here, or is less urgent already.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _move(connection: apsw.Connection) -> None:
    """Move what can be moved; what a reader needs, or a full disk has no room for, stays."""
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    except apsw.Error as error:
        end_if_not_kept(error)


def begin_log_anew(connection: apsw.Connection) -> None:
    """Move all that the log holds and empty it, before anything is added to it.

    A process that ended when the disk had not kept something may have left in the log what can be
    read and is not on disk. What came after it would be lost with it by a power cut, acknowledged
    or not. While another program reads, the log can't be emptied; then it waits for the next time.
    """
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        return
    except apsw.Error as error:
        end_if_not_kept(error)
        raise
