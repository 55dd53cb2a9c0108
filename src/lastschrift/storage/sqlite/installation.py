"""The database file of an installation (`storage.installation.Installation`)."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import apsw

from lastschrift.operations.ports import Reader
from lastschrift.placing import part_of, put_in_place
from lastschrift.storage.installation import DatabaseRefused, Fill, naming
from lastschrift.storage.jobs import Observer, observe_nothing
from lastschrift.storage.schema import SchemaError
from lastschrift.storage.sqlite.backup import Seal, Written, write_backup
from lastschrift.storage.sqlite.connection import (
    SqliteEngine,
    open_alone,
    open_for_reading,
    open_for_writing,
)
from lastschrift.storage.sqlite.drive import drive
from lastschrift.storage.sqlite.migrations import (
    check_schema,
    lacks_of_schema,
    migrate,
    schema_of,
)
from lastschrift.storage.sqlite.store import SqliteStore
from lastschrift.storage.sqlite.transfer import SqliteSource, SqliteTables, SqliteTarget
from lastschrift.storage.transaction import SqlReader
from lastschrift.storage.transfer import AlreadyInstalled

T = TypeVar("T")

COMPANIONS = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to a database's name for the files that belong to it."""

_SAFE_VERSION = (3, 51, 3)
"""Before it, two connections could destroy a database in WAL mode (sqlite.org/wal.html)."""

_PUT_BACK = "put it back from its newest copy"

_STEPS_BETWEEN_LOOKS = 100_000
"""So many of SQLite's steps, some milliseconds, a long statement goes on before Ctrl-C ends it."""


class SqliteInstallation:
    """The database in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self, kind: str, fill: Fill | None) -> None:
        """Make the file beside its place, and put it there when it is whole.

        Raises: OSError; DatabaseRefused.
        """
        part = SqliteInstallation(part_of(self._path))
        part.delete()
        _make(part._path, kind)
        if fill is not None:
            asyncio.run(part.fill(fill))
        self._replace_by(part._path)

    def _replace_by(self, part: Path) -> None:
        SqliteInstallation(part).gather()
        self.delete()  # A log left of another would be read into this one.
        put_in_place(part, self._path)

    def gather(self) -> None:
        """Move all that the log holds into the file, which may then be given another name.

        The end of a connection does it, too, but says nothing if the disk is full.

        Raises: DatabaseRefused.
        """
        with _told(self._path), closing(open_alone(self._path)) as connection:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    async def fill(self, fill: Fill) -> None:
        """Put the first things in."""
        async with self.opened() as store:
            await fill(store)

    def kind(self) -> str | None:
        """Return what the file was made for.

        Raises: DatabaseRefused, NotOurDatabase.
        """
        if not self._path.exists():
            return None
        with _opened(self._path) as connection:
            if schema_of(connection) == 0:
                return None
            kind: str | None = connection.execute("SELECT kind FROM installation").get
        if kind is None:
            raise DatabaseRefused(self._path, "does not say what it was made for", _PUT_BACK)
        return kind

    def migrate(self) -> list[str]:
        """Apply what is missing.

        Raises: DatabaseRefused, NotOurDatabase, SchemaTooNew.
        """
        with _told(self._path):
            connection = open_for_writing(self._path)
            try:
                return migrate(connection)
            except apsw.ConstraintError as error:
                fact = f"contradicts itself ({error})"
                raise DatabaseRefused(self._path, fact, _PUT_BACK) from None
            finally:
                connection.close()

    def check(self) -> str:
        """Read the whole file, and check it (SQLite's ``quick_check``).

        Raises: DatabaseRefused, NotOurDatabase, SchemaTooNew, SchemaTooOld.
        """
        with _opened(self._path) as connection:
            check_schema(connection)
            if connection.pragma("quick_check") != "ok":
                raise DatabaseRefused(self._path, "is damaged", _PUT_BACK)
            return f"{self._path}, schema {schema_of(connection)}, whole"

    def check_structure(self) -> str:
        """Hold every row against its indexes, its constraints, and what it refers to.

        Raises: DatabaseRefused, NotOurDatabase, SchemaTooNew, SchemaTooOld.
        """
        with _opened(self._path) as connection:
            check_schema(connection)
            lacks = lacks_of_schema(connection)
            if lacks:
                raise DatabaseRefused(self._path, f"lacks {', '.join(lacks)}", _PUT_BACK)
            connection.set_progress_handler(_go_on, _STEPS_BETWEEN_LOOKS)
            if connection.pragma("integrity_check") != "ok":
                raise DatabaseRefused(self._path, "is damaged", _PUT_BACK)
            orphans = len(connection.execute("PRAGMA foreign_key_check").fetchall())
        if orphans:
            raise DatabaseRefused(
                self._path, f"has {orphans:,} references to what is not there", _PUT_BACK
            )
        return "rows, indexes and references agree"

    def read(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Return what a query finds.

        Raises: DatabaseRefused, NotOurDatabase, SchemaTooNew, SchemaTooOld.
        """
        with _opened(self._path) as connection:
            check_schema(connection)
            return drive(query(SqlReader(SqliteEngine(connection))))

    def back_up(self, backup: Path, seal: Seal, observe: Callable[[int, int], None]) -> Written:
        """Write all that the file holds now, sealed, into one file that nobody sees until it is.

        Raises: DatabaseRefused, NotOurDatabase; OSError.
        """
        with _told(self._path):
            return write_backup(self._path, backup, seal, observe)

    def delete(self) -> None:
        """Delete the file and those that belong to it."""
        for companion in COMPANIONS:
            self._path.with_name(self._path.name + companion).unlink(missing_ok=True)

    @asynccontextmanager
    async def opened(
        self, *, queue_limit: int = 4096, observe: Observer = observe_nothing
    ) -> AsyncIterator[SqliteStore]:
        """Open the store.

        Raises: DatabaseRefused, NotOurDatabase, SchemaTooNew, SchemaTooOld.
        """
        with _told(self._path):
            store = SqliteStore(self._path, queue_limit=queue_limit, observe=observe)
        try:
            yield store
        finally:
            await store.close()

    @asynccontextmanager
    async def as_source(self) -> AsyncIterator[SqliteSource]:
        """Have the file alone, so that no server runs on it.

        Raises: DatabaseRefused.
        """
        with naming(self._path):
            if self.kind() is None:
                raise DatabaseRefused(self._path, "there is no database", "name another one")
            with _told(self._path), closing(open_alone(self._path)) as connection:
                check_schema(connection)
                yield SqliteSource(connection, self._path, partial(_told, self._path))

    @asynccontextmanager
    async def as_snapshot(self) -> AsyncIterator[SqliteTables]:
        """Read in one transaction.

        Raises: DatabaseRefused.
        """
        with naming(self._path), _opened(self._path) as connection:
            check_schema(connection)
            with connection:
                yield SqliteTables(connection, self._path, partial(_told, self._path))

    @asynccontextmanager
    async def as_it_is(self) -> AsyncIterator[SqliteTables]:
        """Read each piece in a transaction of its own, so that the log does not grow meanwhile.

        Raises: DatabaseRefused.
        """
        with naming(self._path), _opened(self._path) as connection:
            check_schema(connection)
            yield SqliteTables(connection, self._path, partial(_told, self._path))

    @asynccontextmanager
    async def as_target(self) -> AsyncIterator[SqliteTarget]:
        """Make the file beside its place; `SqliteTarget.finish` puts it there.

        Raises: AlreadyInstalled; DatabaseRefused.
        """
        with naming(self._path):
            if self.kind() is not None:
                raise AlreadyInstalled
            part = part_of(self._path)
            with _told(part), closing(_open_part(part)) as connection:
                told, finish = partial(_told, part), partial(self._replace_by, part)
                yield SqliteTarget(connection, self._path, told, finish)


def library_version() -> tuple[str, bool]:
    """Return the version of the SQLite library, and whether it is safe to use."""
    text = apsw.sqlite_lib_version()
    return text, tuple(map(int, text.split("."))) >= _SAFE_VERSION


def _make(path: Path, kind: str) -> None:
    """Make a new database (mode 0600), migrated and marked."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with _told(path):
        connection = open_for_writing(path)
        try:
            migrate(connection)
            connection.execute("INSERT INTO installation (only_row, kind) VALUES (1, ?)", (kind,))
        finally:
            connection.close()


def _open_part(part: Path) -> apsw.Connection:
    """Open what an interrupted attempt left, or, where that is of no use, a new file."""
    try:
        return _open_migrated(part)
    except (apsw.NotADBError, apsw.CorruptError, SchemaError):
        SqliteInstallation(part).delete()
        return _open_migrated(part)


def _open_migrated(path: Path) -> apsw.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = open_alone(path)
    migrate(connection)
    return connection


@contextmanager
def _opened(path: Path) -> Iterator[apsw.Connection]:
    """Open a database for reading."""
    with _told(path):
        connection = open_for_reading(path)
        try:
            yield connection
        finally:
            connection.close()


def _go_on() -> bool:
    """Let a long statement go on; that Python is asked at all is what lets Ctrl-C end it."""
    return False


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what SQLite says about a file into a fact that says what to do."""
    try:
        yield
    except (apsw.NotADBError, apsw.CorruptError, UnicodeDecodeError):
        raise DatabaseRefused(path, "is no database, or damaged", _PUT_BACK) from None
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError):
        raise DatabaseRefused(
            path, "can't be opened", "let it belong to the user that runs Lastschrift"
        ) from None
    except apsw.BusyError:
        raise DatabaseRefused(path, "another process has it open", "stop that first") from None
    except (apsw.FullError, apsw.IOError):
        raise DatabaseRefused(path, "can't be written", "look at the disk: is it full?") from None
