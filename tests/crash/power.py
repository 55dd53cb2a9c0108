"""A disk that loses its power: what was not synced is there, or not, sector by sector.

What is written goes into the real file, which stands for the system's page cache, and what stood
there before is remembered. A sync forgets that: the new content is on disk. When the power is cut,
each sector that was not synced gets its old content back or keeps the new one, by chance, as disks
write in any order; and so does the length of the file. SQLite tests itself in the same way
(sqlite.org/testing.html, "Crash Testing").

A sync that fails does what Linux does: what it could not write counts as written from then on, so
that the next sync succeeds, and yet only the page cache has it. The cache outlives the process: a
file beside (``lost``) takes what the disk lacks to the next one.
"""

import os
import random
import signal
import threading
from collections import defaultdict
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.crash.disks import CHANGES, LOG, Call, Watch, broken

SECTOR_BYTES = 512


class Power(Struct, tag=True):
    """When the power is cut: at the ``at``-th change after the file ``armed`` is there.

    ``failing_sync``: the so-many-th sync of the log after that fails before.
    """

    armed: str
    at: int
    seed: int
    lost: str
    failing_sync: int = 0


class _File:
    """What the disk has of a file where that is not what the page cache has.

    ``unsynced`` and ``lost``: sector number -> content on disk, shorter at the end of the file.
    ``size``: the length on disk.
    """

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDWR)
        self.size = self._cached_size()
        self.unsynced: dict[int, bytes] = {}
        self.lost: dict[int, bytes] = {}

    def about_to_change(self, start: int, end: int) -> None:
        """Remember what stands between two places, in whole sectors."""
        for sector in range(start // SECTOR_BYTES, -(-end // SECTOR_BYTES)):
            if sector not in self.unsynced:
                on_disk = self.lost.pop(sector, None)
                self.unsynced[sector] = self._read(sector) if on_disk is None else on_disk

    def about_to_end_at(self, size: int) -> None:
        """Remember what stands behind a place."""
        self.about_to_change(size, max(size, self._cached_size()))

    def synced(self) -> None:
        """Have all on disk that was written since the last time."""
        self.unsynced.clear()
        self.size = self._cached_size()

    def sync_failed(self) -> None:
        """Count as synced what is not on disk."""
        self.lost.update(self.unsynced)
        self.synced()

    def cut(self, chance: random.Random) -> None:
        """Leave what the disk has: of what was not synced some, of what was lost nothing."""
        for sector, content in self.unsynced.items():
            if chance.random() < 1 / 2:
                self._write(sector, content)
        for sector, content in self.lost.items():
            self._write(sector, content)
        os.ftruncate(self._descriptor, chance.choice((self.size, self._cached_size())))

    def _cached_size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def _read(self, sector: int) -> bytes:
        return os.pread(self._descriptor, SECTOR_BYTES, sector * SECTOR_BYTES)

    def _write(self, sector: int, content: bytes) -> None:
        whole = content.ljust(SECTOR_BYTES, b"\0")
        os.pwrite(self._descriptor, whole, sector * SECTOR_BYTES)


class PowerDisk(Watch):
    def __init__(self, power: Power) -> None:
        self._power = power
        self._left, self._syncs_left = power.at, power.failing_sync
        self._files: dict[str, _File] = {}
        self._lock = threading.Lock()
        self._lost: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
        if Path(power.lost).exists():
            before = Path(power.lost).read_bytes()
            self._lost.update(msgspec.msgpack.decode(before, type=dict[str, dict[int, bytes]]))

    def about_to(self, call: Call) -> None:
        if call.kind not in CHANGES:
            return
        with self._lock:
            if os.path.exists(self._power.armed):  # noqa: PTH110  # at each call
                self._count(call)
            self._remember(call)

    def happened(self, call: Call) -> None:
        with self._lock:
            self._file(call.path).synced()

    def _count(self, call: Call) -> None:
        """Cut the power, or let a sync fail, if it is time."""
        self._left -= 1
        if self._left == 0:
            self._cut()
        if call.kind == "sync" and call.path.endswith(LOG):
            self._syncs_left -= 1
            if self._syncs_left == 0:
                self._fail_to_sync(call.path)
                raise broken("sync")

    def _remember(self, call: Call) -> None:
        match call.kind:
            case "write":
                self._file(call.path).about_to_change(call.offset, call.offset + call.length)
            case "truncate":
                self._file(call.path).about_to_end_at(call.offset)
            case "delete":
                self._files.pop(call.path, None)
                self._lost.pop(call.path, None)

    def _file(self, path: str) -> _File:
        if path not in self._files:
            self._files[path] = _File(path)
            self._files[path].lost.update(self._lost[path])
        return self._files[path]

    def _fail_to_sync(self, path: str) -> None:
        self._file(path).sync_failed()
        lost = {path: file.lost for path, file in self._files.items() if file.lost}
        Path(self._power.lost).write_bytes(msgspec.msgpack.encode(lost))

    def _cut(self) -> None:
        chance = random.Random(self._power.seed)
        for path in self._lost:
            self._file(path)
        for file in self._files.values():
            file.cut(chance)
        os.kill(os.getpid(), signal.SIGKILL)
