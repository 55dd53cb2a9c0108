"""Backups of a database file: one file each, encrypted, whole or not there.

``VACUUM INTO`` writes down what one reading transaction sees, while others write on. Free pages are
left out: what was erased is not in a backup. What it writes is a file without a name beside the
database, so that nothing in clear is where the backup lies; from there it is sealed, chunk by
chunk, into the backup. How, the caller brings: keys are kept in another room.

docs/decisions/backups.md has why. Backups from before they were encrypted: `plain_backup`.
"""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import apsw

from lastschrift.placing import part_of, put_in_place
from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.sqlite.connection import open_for_reading

Observer = Callable[[int, int], None]
"""Told how many bytes are done, and of how many; the second is a guess until all are."""

CHUNK_BYTES = 1024**2
"""So much is sealed at a time."""

TAKE_ANOTHER = "take another backup"

_STEPS_BETWEEN_LOOKS = 50_000
"""So many of SQLite's steps, some milliseconds, are between two looks at how far it is."""

_COPY = ".copy-"
"""What stands in the name of a copy in clear, for the moment that it has one."""


class Seal(Protocol):
    """Seals a file chunk by chunk (`vault.sealed_file.FileSealer`)."""

    header: bytes

    def seal(self, chunk: bytes, *, is_last: bool) -> bytes:
        """Encrypt the next chunk."""
        ...


class Opening(Protocol):
    """Opens what a `Seal` sealed (`vault.sealed_file.FileOpener`)."""

    def open(self, sealed: bytes, *, is_last: bool) -> bytes:
        """Decrypt the next chunk; raises if it is not what was sealed."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """How long a backup is, and the SHA-256 of all of it."""

    bytes_total: int
    sha256: str


# --- made -----------------------------------------------------------------------------------------


def write_backup(database: Path, backup: Path, seal: Seal, observe: Observer) -> Written:
    """Write down all that a database holds now, sealed; its server may run.

    Nothing of ``backup`` changes until all is on disk. What an interrupted attempt left beside it
    is written over.

    Raises: DatabaseRefused; what SQLite raises (`apsw.Error`); OSError.
    """
    part = part_of(backup)
    with _alone(part):
        try:
            with _copied(database, observe) as copy, disk_told(part):
                written = _sealed(copy, part, seal, observe)
                put_in_place(part, backup)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
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


def _is_locked(descriptor: int, path: Path) -> bool:
    """Lock a file; not if another one has it, or has just finished it and taken away its name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


# --- the copy in clear ----------------------------------------------------------------------------


@contextmanager
def _copied(database: Path, observe: Observer) -> Iterator[BinaryIO]:
    """Copy a database beside it into a file that loses its name as soon as SQLite has opened it.

    Raises: DatabaseRefused; apsw.Error; OSError.
    """
    drop_copies(database)
    with closing(open_for_reading(database)) as connection:
        descriptor, name = tempfile.mkstemp(prefix=f"{database.name}{_COPY}", dir=database.parent)
        with os.fdopen(descriptor, "rb") as copy:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                with disk_told(Path(name)):
                    _vacuum(connection, Path(name), copy, observe)
            finally:
                Path(name).unlink(missing_ok=True)
            yield copy


def drop_copies(database: Path) -> None:
    """Take away what backups left beside a database that were killed in their first moment."""
    for copy in database.parent.glob(f"{database.name}{_COPY}*"):
        try:
            with copy.open("rb") as file:
                if _is_locked(file.fileno(), copy):
                    copy.unlink()
        except FileNotFoundError:
            continue


def _vacuum(connection: apsw.Connection, path: Path, copy: BinaryIO, observe: Observer) -> None:
    used_pages = connection.pragma("page_count") - connection.pragma("freelist_count")
    bytes_total = 2 * used_pages * connection.pragma("page_size")  # written, then sealed

    def look() -> bool:
        done = os.fstat(copy.fileno()).st_size
        if done:
            path.unlink(missing_ok=True)
        observe(min(done, bytes_total), bytes_total)
        return False  # go on

    connection.set_progress_handler(look, _STEPS_BETWEEN_LOOKS)
    connection.execute("VACUUM INTO ?", (str(path),)).fetchall()


_READ_FAILED = (apsw.SQLITE_IOERR_READ, apsw.SQLITE_IOERR_SHORT_READ)


@contextmanager
def disk_told(written: Path) -> Iterator[None]:
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


# --- sealed, and opened ---------------------------------------------------------------------------


def _sealed(copy: BinaryIO, part: Path, seal: Seal, observe: Observer) -> Written:
    """Seal all of a copy into a file; observed as the second half of the work."""
    copy.seek(0)
    length = os.fstat(copy.fileno()).st_size
    digest = hashlib.sha256(seal.header)
    with part.open("r+b") as target:
        target.write(seal.header)
        for chunk, done in _chunks(copy, CHUNK_BYTES, length):
            sealed = seal.seal(chunk, is_last=done == length)
            digest.update(sealed)
            target.write(sealed)
            observe(length + done, 2 * length)
        return Written(target.tell(), digest.hexdigest())


def open_backup(backup: Path, first: int, opening: Opening, extra_bytes: int) -> "Unpack":
    """Return what makes a database file of a sealed backup, whose chunks begin at ``first``.

    Each of them is longer by ``extra_bytes`` than what was sealed.
    """

    def unpack(database: Path, observe: Observer) -> None:
        descriptor = os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        length = backup.stat().st_size - first
        with (
            disk_told(database),
            backup.open("rb") as source,
            os.fdopen(descriptor, "wb") as target,
        ):
            source.seek(first)
            for sealed, done in _chunks(source, CHUNK_BYTES + extra_bytes, length):
                target.write(opening.open(sealed, is_last=done == length))
                observe(done, length)

    return unpack


Unpack = Callable[[Path, Observer], None]
"""Makes a new database file (mode 0600) of a backup that is undamaged.

Raises: DatabaseRefused; OSError. A beginning may be left then.
"""


def _chunks(source: BinaryIO, size: int, length: int) -> Iterator[tuple[bytes, int]]:
    """Yield ``length`` bytes in chunks, one at least, each with how many there have been."""
    done = 0
    while done < length or done == 0:
        chunk = source.read(min(size, length - done))
        done += len(chunk)
        yield chunk, done
        if not chunk:
            return
