"""Putting a backup in the place of a database: unpacked beside it, checked there, then named.

Until everything is checked, nothing of what is there changes. What is replaced is kept: its files
are in a folder for old ones, too, before the new file takes the name. So a crash at any moment
leaves the old database in place, or the new one.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import apsw

from lastschrift.placing import fsync_directory, part_of, put_in_place
from lastschrift.storage.installation import DatabaseRefused, naming
from lastschrift.storage.schema import SchemaTooOld
from lastschrift.storage.sqlite.backup import TAKE_ANOTHER, Observer, Unpack
from lastschrift.storage.sqlite.connection import open_alone
from lastschrift.storage.sqlite.installation import COMPANIONS, SqliteInstallation
from lastschrift.storage.sqlite.plain_backup import last_line_of

Check = Callable[[SqliteInstallation], None]
"""Raises if a database can't be used with what is around it: its master key, for one."""


@dataclass(frozen=True, slots=True)
class Restored:
    """Which migrations a restored database has got, and where the one before it is kept."""

    applied: Sequence[str]
    kept: Path | None


def restore_backup(
    backup: Path,
    database: Path,
    unpack: Unpack,
    check: Check,
    observe: Observer,
    *,
    kind: str,
    is_migrated: bool,
) -> Restored:
    """Put what ``unpack`` finds in a backup in a database's place; one there is kept aside.

    It must be of this ``kind`` of installation, and of this program's schema unless it
    ``is_migrated`` to that. ``check`` sees it before it is put in place.

    Raises: DatabaseRefused; OSError; what ``check`` raises.
    """
    part = SqliteInstallation(part_of(database))
    part.delete()
    try:
        unpack(part_of(database), observe)
        with naming(backup):
            _require_kind(part, backup, kind)
            applied = part.migrate() if is_migrated else ()
            _require_whole(part, backup)
        check(part)
        part.gather()
        kept = _kept_aside(database)
        for log in COMPANIONS[1:]:  # What is left of one would be read into the new database.
            database.with_name(database.name + log).unlink(missing_ok=True)
        put_in_place(part_of(database), database)
    finally:
        part.delete()  # All of it, or, once it has its name, what SQLite left beside it.
    return Restored(applied, kept)


# --- what a backup has to be ----------------------------------------------------------------------


def kind_of_plain_backup(backup: Path) -> str:
    """Return what the installation was made for that a backup is of which is not encrypted.

    Raises: DatabaseRefused.
    """
    last_line_of(backup)
    return _kind_in(SqliteInstallation(backup), backup)


def _kind_in(database: SqliteInstallation, backup: Path) -> str:
    with naming(backup):
        kind = database.kind()
    if kind is None:
        raise DatabaseRefused(backup, "holds no installation", TAKE_ANOTHER)
    return kind


def _require_kind(part: SqliteInstallation, backup: Path, kind: str) -> None:
    found = _kind_in(part, backup)
    if found != kind:
        raise DatabaseRefused(
            backup, f"is of a {found} installation, this is for {kind}", "name another directory"
        )


def _require_whole(part: SqliteInstallation, backup: Path) -> None:
    """Let a database pass that has this schema and contradicts itself nowhere."""
    try:
        part.check_structure()
    except SchemaTooOld as fact:
        raise DatabaseRefused(backup, fact.fact, "restore it with --migrate") from None
    except DatabaseRefused as refused:
        raise DatabaseRefused(
            backup, f"was damaged when it was made: it {refused.fact}", TAKE_ANOTHER
        ) from None


# --- what is replaced -----------------------------------------------------------------------------


def _kept_aside(database: Path) -> Path | None:
    """Put the files of a database into a folder too; return that, or None if there are none.

    They are linked, so that each is in its old place as well until it is taken away from there.

    Raises: DatabaseRefused: somebody has it open; OSError.
    """
    if not database.exists():
        return None
    _require_unused(database)
    now = datetime.now(UTC)
    folder = database.with_name(f"{database.name}.replaced-{now:%Y%m%dT%H%M%S%fZ}")
    folder.mkdir(mode=0o700)
    for companion in COMPANIONS:
        file = database.with_name(database.name + companion)
        if file.exists():
            os.link(file, folder / file.name)
    fsync_directory(folder)
    fsync_directory(folder.parent)
    return folder


def _require_unused(database: Path) -> None:
    """Let a database pass that nobody has open; what is in its log is moved into it.

    Raises: DatabaseRefused.
    """
    try:
        with closing(open_alone(database)):
            pass
    except apsw.BusyError:
        raise DatabaseRefused(database, "another process has it open", "stop that first") from None
    except apsw.Error:
        return  # It can't be opened at all, which may be why a backup is put in its place.
