"""The lock on an installation's directory: whoever holds it may write, nobody else.

An flock on ``lastschrift.lock``: it ends with the process that holds it, however that ends. The
file says who holds it, for messages only.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

LOCK_FILE = "lastschrift.lock"

_WAIT_S = 10
_POLL_S = 0.02


class Holder(Enum):
    """What the lock is held for."""

    SERVER = "server"
    COMMAND = "command"


_ADVICE = {Holder.SERVER: "stop it", Holder.COMMAND: "wait until it has ended"}


class DirectoryInUse(Exception):
    """Another process holds the lock; ``pid`` is None where it could not be read."""

    def __init__(self, directory: Path, holder: Holder, pid: int | None) -> None:
        super().__init__(directory, holder, pid)
        self.directory = directory
        self.holder = holder
        self.pid = pid

    def __str__(self) -> str:
        process = "a process" if self.pid is None else f"process {self.pid}"
        return (
            f"{self.directory} is in use by a Lastschrift {self.holder.value} ({process}): "
            f"{_ADVICE[self.holder]}, or name another directory with --data"
        )


Waits = Callable[[DirectoryInUse], None]
"""Told once, before a command is waited for, who it is."""


def _wait_silently(_found: DirectoryInUse) -> None:
    pass


@contextmanager
def hold(
    directory: Path, holder: Holder, *, wait_s: float = _WAIT_S, waits: Waits = _wait_silently
) -> Iterator[None]:
    """Hold the lock. A command of others is waited for, ``wait_s`` at most; a server is not.

    Raises: DirectoryInUse; OSError (no such directory, no permission).
    """
    descriptor = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, directory, wait_s, waits)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{holder.value} {os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder_of(directory: Path) -> DirectoryInUse | None:
    """Return who holds the lock, as the error that taking it would be; None if nobody does."""
    try:
        descriptor = os.open(directory / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        # A shared lock, and only for a moment: others who look at the same time don't mind.
        return None if _try_lock(descriptor, fcntl.LOCK_SH) else _in_use(descriptor, directory)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, directory: Path, wait_s: float, waits: Waits) -> None:
    """Take the lock.

    A server is only believed in when it is read twice: between locking and writing down who it is,
    a holder is shown under the name of the one before.
    """
    deadline = time.monotonic() + wait_s
    servers_seen, is_told = 0, False
    while not _try_lock(descriptor, fcntl.LOCK_EX):
        found = _in_use(descriptor, directory)
        servers_seen = servers_seen + 1 if found.holder is Holder.SERVER else 0
        if servers_seen > 1 or time.monotonic() > deadline:
            raise found
        if found.holder is Holder.COMMAND and not is_told:
            is_told = True
            waits(found)
        time.sleep(_POLL_S)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _in_use(descriptor: int, directory: Path) -> DirectoryInUse:
    name, _, pid = os.pread(descriptor, 64, 0).decode("ascii", "replace").strip().partition(" ")
    holder = Holder(name) if name in {kind.value for kind in Holder} else Holder.COMMAND
    return DirectoryInUse(directory, holder, int(pid) if pid.isdecimal() else None)
