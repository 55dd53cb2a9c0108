"""File systems of a test's own, where that is permitted: one that loses its power, one that fills.

Power is cut by ext4 itself: told to shut down, it writes nothing any more, not even its journal
(``EXT4_IOC_SHUTDOWN``, include/uapi/linux/ext4.h). On the disk is then what had been synced, or had
been written by chance; the page cache goes with the mount. A sync that is under way meanwhile may
be told that it succeeded, though the journal of what it wrote is missing then (Linux 6; seen in one
of ten cuts), so what rests on it does not count.
"""

import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_IMAGE_BYTES = 256 * 1024**2
_EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
_NOTHING_FLUSHED = struct.pack("I", 2)  # EXT4_GOING_FLAGS_NOLOGFLUSH
_UMOUNT_S = 20


@dataclass(frozen=True, slots=True)
class PowerlessDisk:
    """An ext4 file system in a file, mounted at ``place``."""

    image: Path
    place: Path

    def cut(self) -> None:
        """Have nothing written any more, from this moment on."""
        root = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(root, _EXT4_IOC_SHUTDOWN, _NOTHING_FLUSHED)
        finally:
            os.close(root)

    def restart(self) -> None:
        """Have what is on disk, and nothing else; nobody may use the file system any more."""
        _unmount(self.place)
        _run("mount", "-o", "loop", str(self.image), str(self.place))


@contextmanager
def powerless_disk() -> Iterator[PowerlessDisk]:
    """Mount a new file system until the block ends; skip the test where that is not permitted."""
    _require("mkfs.ext4", "mount", "umount")
    with (
        _open_directory() as directory,
        _mounted(PowerlessDisk(directory / "image", directory / "disk")) as disk,
    ):
        yield disk


@contextmanager
def _mounted(disk: PowerlessDisk) -> Iterator[PowerlessDisk]:
    with disk.image.open("wb") as image:
        image.truncate(_IMAGE_BYTES)
    disk.place.mkdir()
    _run("mkfs.ext4", "-q", str(disk.image))
    _mount_or_skip("-o", "loop", str(disk.image), str(disk.place))
    try:
        yield disk
    finally:
        _unmount(disk.place)


@contextmanager
def small_disk(size_bytes: int) -> Iterator[Path]:
    """Mount a small file system in memory until the block ends, or skip the test."""
    _require("mount", "umount")
    with _open_directory() as place:
        options = f"size={size_bytes},mode=755"
        _mount_or_skip("-t", "tmpfs", "-o", options, "tmpfs", str(place))
        try:
            yield place
        finally:
            _unmount(place)


@contextmanager
def _open_directory() -> Iterator[Path]:
    """Make a directory that other users can enter, too: PostgreSQL runs as one."""
    directory = Path(tempfile.mkdtemp(prefix="lastschrift-disk-"))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


@contextmanager
def filled(place: Path) -> Iterator[None]:
    """Leave no byte free on a file system until the block ends."""
    filling = place / "filling"
    with filling.open("wb", buffering=0) as file:
        for size in (1024**2, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    try:
        yield
    finally:
        filling.unlink()


def _require(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}, not installed here")
    if os.geteuid() != 0:
        pytest.skip("needs to mount file systems, which only root may")


def _mount_or_skip(*options: str) -> None:
    tried = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"needs to mount file systems, which fails here: {tried.stderr.strip()}")


def _unmount(place: Path) -> None:
    """Unmount a file system, as soon as who was killed has let go of it."""
    deadline = time.monotonic() + _UMOUNT_S
    while subprocess.run(["umount", place], check=False, capture_output=True).returncode:
        assert time.monotonic() < deadline, f"{place} is still in use"
        time.sleep(0.02)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
