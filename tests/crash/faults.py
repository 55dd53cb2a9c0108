"""Disks that kill, fail and slow down, each told by a `Struct` that travels as JSON.

All begin once a file is there (``armed``), so that a server can start, and a test prepare, before.
"""

import os
import random
import signal
import threading
import time
from pathlib import Path

from msgspec import Struct

from tests.crash.disks import CHANGES, LOG, Call, Watch, broken, full


class Counting(Struct, tag=True):
    """A disk in order, which writes down each change in the file ``calls``, a line each."""

    armed: str
    calls: str


class Killing(Struct, tag=True):
    """A disk whose ``at``-th change never comes, as the process is killed before it."""

    armed: str
    at: int
    wait_s: float = 0.0
    """For how long the process lives on in other threads before it is killed."""


class Slow(Struct, tag=True):
    """A disk that takes its time for each change."""

    armed: str
    change_s: float


class Failing(Struct, tag=True):
    """A disk that is full or broken for a moment, again and again.

    ``points``: how often; each is written as a line into ``calls``.
    """

    armed: str
    calls: str
    points: int
    seed: int


class Unsyncing(Struct, tag=True):
    """A disk that can't keep what it took: the ``at``-th sync of a log, or of a database, fails."""

    armed: str
    at: int
    is_log: bool


Fault = Counting | Killing | Slow | Failing | Unsyncing


class _Armed(Watch):
    """A watch that looks away until its file is there."""

    def __init__(self, armed: str) -> None:
        self._armed = armed
        self._lock = threading.Lock()

    def about_to(self, call: Call) -> None:
        if call.kind in CHANGES and os.path.exists(self._armed):  # noqa: PTH110  # at each call
            with self._lock:
                self.change(call)

    def change(self, call: Call) -> None:
        """Do what this disk does to a change."""
        raise NotImplementedError


class CountingDisk(_Armed):
    def __init__(self, counting: Counting) -> None:
        super().__init__(counting.armed)
        self._calls = Path(counting.calls)

    def change(self, call: Call) -> None:
        with self._calls.open("a") as lines:
            lines.write(f"{call.kind} {Path(call.path).name}\n")


class KillingDisk(_Armed):
    def __init__(self, killing: Killing) -> None:
        super().__init__(killing.armed)
        self._left = killing.at
        self._wait_s = killing.wait_s

    def change(self, call: Call) -> None:
        self._left -= 1
        if self._left == 0:
            time.sleep(self._wait_s)
            os.kill(os.getpid(), signal.SIGKILL)


class SlowDisk(_Armed):
    def __init__(self, slow: Slow) -> None:
        super().__init__(slow.armed)
        self._change_s = slow.change_s

    def change(self, call: Call) -> None:
        time.sleep(self._change_s)


class FailingDisk(Watch):
    """Fails some calls in a row, then lets some pass, and so on; syncs have a disk of their own.

    A full disk fails writes only, a broken one whatever it is asked.
    """

    GOOD_CALLS_MAX = 60
    BAD_CALLS_MAX = 12

    def __init__(self, failing: Failing) -> None:
        self._armed = failing.armed
        self._calls = Path(failing.calls)
        self._points = failing.points
        self._random = random.Random(failing.seed)
        self._lock = threading.Lock()
        self._good = self._bad = 0
        self._is_full = True

    def about_to(self, call: Call) -> None:
        if call.kind == "sync" or not os.path.exists(self._armed):  # noqa: PTH110  # at each call
            return
        with self._lock:
            if self._is_struck(call):
                raise full() if self._is_full else broken(call.kind)

    def _is_struck(self, call: Call) -> bool:
        if self._points == 0 or (self._is_full and self._bad and call.kind != "write"):
            return False
        if self._good > 0:
            self._good -= 1
            return False
        if self._bad == 0:
            self._draw()
            return False
        self._bad -= 1
        self._points -= 1
        with self._calls.open("a") as lines:
            lines.write(f"{call.kind} {'full' if self._is_full else 'broken'} {call.path}\n")
        return True

    def _draw(self) -> None:
        """Draw how the disk fails next, after how many calls, and for how many."""
        self._is_full = self._random.random() < 1 / 2
        self._good = self._random.randint(0, self.GOOD_CALLS_MAX)
        self._bad = self._random.randint(1, self.BAD_CALLS_MAX)


class UnsyncingDisk(_Armed):
    def __init__(self, unsyncing: Unsyncing) -> None:
        super().__init__(unsyncing.armed)
        self._left = unsyncing.at
        self._is_log = unsyncing.is_log

    def change(self, call: Call) -> None:
        if call.kind == "sync" and call.path.endswith(LOG) is self._is_log:
            self._left -= 1
            if self._left == 0:
                raise broken("sync")
