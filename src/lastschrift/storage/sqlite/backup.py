"""Backups of a database file: one file each, whole or not there, that knows when it is damaged.

``VACUUM INTO`` writes down what one reading transaction sees, while others write on. Free pages are
left out: what was erased is not in a backup.

The last line of the file is the SHA-256 of all before it. SQLite takes no notice of that line: the
file can be opened as the database that it is. docs/decisions/backups.md has why.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from lastschrift.placing import part_of, put_in_place
from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.sqlite.connection import open_for_reading

Observer = Callable[[int, int], None]
"""Told how many bytes are done, and of how many; the second is a guess until all are."""

_LAST_LINE = b"\nLastschrift backup, SHA-256 of all before this line: %s\n"
_LAST_LINE_BYTES = len(_LAST_LINE % bytes(64))

_STEPS_BETWEEN_LOOKS = 50_000
"""So many of SQLite's steps, some milliseconds, are between two looks at how far it is."""

_PIECE_BYTES = 4 * 1024**2

TAKE_ANOTHER = "take another backup"


@dataclass(frozen=True, slots=True)
class Written:
    """How long a backup is, and the SHA-256 that its last line tells."""

    bytes_total: int
    sha256: str


# --- made -----------------------------------------------------------------------------------------


def write_backup(database: Path, backup: Path, observe: Observer) -> Written:
    """Write down all that a database holds now; its server may run.

    Nothing of ``backup`` changes until all is on disk. What an interrupted attempt left beside it
    is written over.

    Raises: DatabaseRefused; what SQLite raises (`apsw.Error`); OSError.
    """
    part = part_of(backup)
    with _disk_told(part), _alone(part):
        try:
            _vacuum(database, part, observe)
            written = _add_last_line(part)
            put_in_place(part, backup)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    observe(written.bytes_total, written.bytes_total)
    return written


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Have an unfinished backup alone: empty, for its owner only, locked until the block ends.

    Raises: DatabaseRefused; OSError.
    """
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _is_locked(descriptor, part):
            raise DatabaseRefused(part, "another backup is writing it", "wait until that has ended")
        os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
        yield
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int, part: Path) -> bool:
    """Lock a file; not if another one has it, or has just finished it and given it its name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), part.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _vacuum(database: Path, part: Path, observe: Observer) -> None:
    with closing(open_for_reading(database)) as connection:
        used_pages = connection.pragma("page_count") - connection.pragma("freelist_count")
        bytes_total = used_pages * connection.pragma("page_size")

        def look() -> bool:
            observe(min(part.stat().st_size, bytes_total), bytes_total)
            return False  # go on

        connection.set_progress_handler(look, _STEPS_BETWEEN_LOOKS)
        connection.execute("VACUUM INTO ?", (str(part),)).fetchall()


def _add_last_line(part: Path) -> Written:
    with part.open("r+b") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.write(_LAST_LINE % digest.encode("ascii"))
        return Written(file.tell(), digest)


_READ_FAILED = (apsw.SQLITE_IOERR_READ, apsw.SQLITE_IOERR_SHORT_READ)


@contextmanager
def _disk_told(written: Path) -> Iterator[None]:
    """Turn what a disk says to a file that is written into a fact that says what to do.

    Raises: DatabaseRefused.
    """
    try:
        yield
    except (apsw.FullError, apsw.IOError) as error:
        if getattr(error, "extendedresult", None) in _READ_FAILED:
            raise  # It is the database that can't be read.
    except OSError as error:
        if error.filename is not None:
            raise  # It tells itself which file it is about.
    else:
        return
    raise DatabaseRefused(written, "can't be written", "look at the disk: is it full?")


# --- taken out again ------------------------------------------------------------------------------


def unpack(backup: Path, database: Path, observe: Observer) -> None:
    """Make a new database file (mode 0600) of what a backup holds, if that is undamaged.

    Raises: DatabaseRefused; OSError. A beginning may be left then.
    """
    last_line = last_line_of(backup)
    bytes_total = backup.stat().st_size - len(last_line)
    descriptor = os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    digest = hashlib.sha256()
    with (
        _disk_told(database),
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
