"""The database file of an installation: made whole, marked, brought up to date, taken away.

A database says itself what it was made for, so that no command takes a sandbox for production or
the other way round, whatever the settings beside it say.
"""

import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import apsw

from lastschrift.operations.ports import Reader
from lastschrift.storage.sqlite.connection import (
    SqliteEngine,
    open_for_reading,
    open_for_writing,
)
from lastschrift.storage.sqlite.drive import drive
from lastschrift.storage.sqlite.migrations import check_schema, migrate, schema_of
from lastschrift.storage.transaction import SqlReader

T = TypeVar("T")

_COMPANIONS = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to a database's name for the files that belong to it."""

_SAFE_VERSION = (3, 51, 3)
"""Before it, two connections could destroy a database in WAL mode (sqlite.org/wal.html)."""

_PUT_BACK = "put it back from its newest copy"


class DatabaseRefused(Exception):
    """The database file can't be used: ``path`` says which, ``fact`` why, ``remedy`` what to do."""

    def __init__(self, path: Path, fact: str, remedy: str) -> None:
        super().__init__(f"{path}: {fact}; {remedy}")
        self.path = path


def create_database(path: Path, kind: str) -> None:
    """Make a new database (mode 0600), migrated, and marked as ``sandbox`` or ``production``.

    Raises: FileExistsError; DatabaseRefused.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with _told(path):
        connection = open_for_writing(path)
        try:
            migrate(connection)
            connection.execute("INSERT INTO installation (only_row, kind) VALUES (1, ?)", (kind,))
        finally:
            connection.close()


def migrate_database(path: Path) -> list[str]:
    """Apply what is missing, and return the names of what was; each step is whole or not at all.

    Raises: DatabaseRefused, NotOurDatabase, SchemaTooNew.
    """
    with _told(path):
        connection = open_for_writing(path)
        try:
            return migrate(connection)
        finally:
            connection.close()


def database_kind(path: Path) -> str | None:
    """Return what a database was made for, or None if there is none.

    Raises: DatabaseRefused, NotOurDatabase.
    """
    if not path.exists():
        return None
    with _opened(path) as connection:
        if schema_of(connection) == 0:
            return None
        kind: str | None = connection.execute("SELECT kind FROM installation").get
    if kind is None:
        raise DatabaseRefused(path, "does not say what it was made for", _PUT_BACK)
    return kind


def check_database(path: Path) -> int:
    """Read the whole database, check it (SQLite's ``quick_check``), and return its schema.

    Raises: DatabaseRefused, NotOurDatabase, SchemaTooNew, SchemaTooOld.
    """
    with _opened(path) as connection:
        check_schema(connection)
        if connection.pragma("quick_check") != "ok":
            raise DatabaseRefused(path, "is damaged", _PUT_BACK)
        return schema_of(connection)


def read_database(path: Path, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
    """Return what a query finds, while no store is open here.

    Raises: DatabaseRefused, NotOurDatabase, SchemaTooNew, SchemaTooOld.
    """
    with _opened(path) as connection:
        check_schema(connection)
        return drive(query(SqlReader(SqliteEngine(connection))))


def library_version() -> tuple[str, bool]:
    """Return the version of the SQLite library, and whether it is safe to use."""
    text = apsw.sqlite_lib_version()
    return text, tuple(map(int, text.split("."))) >= _SAFE_VERSION


def delete_database(path: Path) -> None:
    """Delete a database and the files that belong to it; nothing happens if there is none."""
    for companion in _COMPANIONS:
        path.with_name(path.name + companion).unlink(missing_ok=True)


@contextmanager
def _opened(path: Path) -> Iterator[apsw.Connection]:
    """Open a database for reading."""
    with _told(path):
        connection = open_for_reading(path)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what SQLite says about a file into a fact that says what to do."""
    try:
        yield
    except (apsw.NotADBError, apsw.CorruptError):
        raise DatabaseRefused(path, "is no database, or damaged", _PUT_BACK) from None
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError):
        raise DatabaseRefused(
            path, "can't be opened", "let it belong to the user that runs Lastschrift"
        ) from None
    except (apsw.FullError, apsw.IOError):
        raise DatabaseRefused(path, "can't be written", "look at the disk: is it full?") from None
