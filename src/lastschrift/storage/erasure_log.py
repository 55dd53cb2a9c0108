"""The erasure log: a file of lines outside of the database, to be kept beside the master key.

Each line has an instant, what was erased, its contract and its id, and where something is kept
for a time, until when. No line ever changes; several processes may add lines. What a crash left
of a line is no line: its erasure had not begun.

2026-11-21T09:00:00+00:00 debtor 0193b7a4-… 0193b7a5-…
"""

import asyncio
import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from lastschrift.domain.errors import ErasureLogFailed
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import Erased, Erasure
from lastschrift.placing import fsync_directory

_WORDS = (4, 5)
"""How many words a line has: without an instant until when, or with it."""


class FileErasureLog:
    """`operations.ports.ErasureLog` in a file, which is made for its owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def write(self, erasures: Sequence[Erasure]) -> None:
        """Add lines, all of them on disk when it returns.

        Raises: ErasureLogFailed.
        """
        try:
            await asyncio.to_thread(add_erasures, self._path, erasures)
        except OSError as error:
            raise ErasureLogFailed from error

    async def read(self) -> Sequence[Erasure]:
        """Return all that was written down; nothing if there is no such file.

        Raises: ErasureLogFailed.
        """
        try:
            return await asyncio.to_thread(erasures_in, self._path)
        except OSError as error:
            raise ErasureLogFailed from error


def add_erasures(path: Path, erasures: Iterable[Erasure]) -> None:
    """Add lines to a log, and have them on disk.

    Raises: OSError.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        length = os.fstat(descriptor).st_size
        is_torn = length > 0 and os.pread(descriptor, 1, length - 1) != b"\n"
        lines = "".join(f"{_line(erasure)}\n" for erasure in erasures)
        _write_all(descriptor, (("\n" if is_torn else "") + lines).encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fsync_directory(path.parent)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def erasures_in(path: Path) -> list[Erasure]:
    """Return the erasures that a log has; none if there is no such file.

    Raises: OSError.
    """
    try:
        text = path.read_text("ascii", errors="replace")
    except FileNotFoundError:
        return []
    return list(_parsed(text.splitlines(keepends=True)))


def _parsed(lines: Iterable[str]) -> Iterator[Erasure]:
    for line in lines:
        erasure = _erasure(line.split()) if line.endswith("\n") else None
        if erasure is not None:
            yield erasure


def _line(erasure: Erasure) -> str:
    words = [erasure.at.isoformat(), erasure.of.value, erasure.contract_id, erasure.id]
    if erasure.restricted_until is not None:
        words.append(erasure.restricted_until.isoformat())
    return " ".join(map(str, words))


def _erasure(words: Sequence[str]) -> Erasure | None:
    """Return what the words of a line say; None where a crash left only a part of it."""
    if len(words) not in _WORDS:
        return None
    at, of, contract, key, *until = words
    try:
        return Erasure(
            at=datetime.fromisoformat(at),
            of=Erased(of),
            contract_id=ContractId(UUID(contract)),
            id=UUID(key),
            restricted_until=datetime.fromisoformat(until[0]) if until else None,
        )
    except ValueError:
        return None
