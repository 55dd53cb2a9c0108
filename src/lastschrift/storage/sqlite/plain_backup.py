"""Backups from before they were encrypted: the database itself, and a checksum as its last line.

The last line of the file is the SHA-256 of all before it. SQLite takes no notice of that line: the
file can be opened as the database that it is. None is made any more; those there are restore.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.sqlite.backup import TAKE_ANOTHER, Observer, disk_told

FIRST_BYTES: Final = b"SQLite format 3\0"
"""What such a backup begins with, as every database of SQLite's does."""

_LAST_LINE = b"\nLastschrift backup, SHA-256 of all before this line: %s\n"
_LAST_LINE_BYTES = len(_LAST_LINE % bytes(64))
_PIECE_BYTES = 4 * 1024**2


def is_plain(backup: Path) -> bool:
    """Whether a backup is not encrypted.

    Raises: OSError.
    """
    with backup.open("rb") as file:
        return file.read(len(FIRST_BYTES)) == FIRST_BYTES


def unpack_plain(backup: Path, database: Path, observe: Observer) -> None:
    """Make a new database file (mode 0600) of what a backup holds, if that is undamaged.

    Raises: DatabaseRefused; OSError. A beginning may be left then.
    """
    last_line = last_line_of(backup)
    bytes_total = backup.stat().st_size - len(last_line)
    descriptor = os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    digest = hashlib.sha256()
    with (
        disk_told(database),
        backup.open("rb") as source,
        os.fdopen(descriptor, "wb") as target,
    ):
        while piece := source.read(min(_PIECE_BYTES, bytes_total - target.tell())):
            digest.update(piece)
            target.write(piece)
            observe(target.tell(), bytes_total)
    if last_line != _LAST_LINE % digest.hexdigest().encode("ascii"):
        raise DatabaseRefused(backup, "is damaged: its checksum is another", TAKE_ANOTHER)


def last_line_of(backup: Path) -> bytes:
    """Return the line that says what the rest of a backup has to be.

    Raises: DatabaseRefused; OSError.
    """
    with backup.open("rb") as file:
        file.seek(max(0, backup.stat().st_size - _LAST_LINE_BYTES))
        line = file.read()
    before, _, after = _LAST_LINE.partition(b"%s")
    if len(line) != _LAST_LINE_BYTES or not (line.startswith(before) and line.endswith(after)):
        raise DatabaseRefused(
            backup, "is no backup of Lastschrift's, or only a part of one", TAKE_ANOTHER
        )
    return line
