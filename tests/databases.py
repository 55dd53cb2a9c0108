"""Empty databases for tests, on every engine: copied or lent again, as making one takes longer."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol
from uuid import UUID

import apsw
import asyncpg

from lastschrift.storage.codec import Value
from lastschrift.storage.installation import OpenStore
from lastschrift.storage.jobs import Observer, observe_nothing
from lastschrift.storage.postgres.connecting import Connection
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.sqlite.codec import put_instant
from lastschrift.storage.sqlite.connection import open_for_reading, open_for_writing
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.storage.sqlite.migrations import migrate
from tests.postgres import is_as_made_once_emptied, shared_postgres

ENGINES = ("sqlite", "postgres")
"""What every promise of the store is tested on."""


class Database(Protocol):
    """An empty, migrated database of a test's own, on one of the engines."""

    def opened(
        self, *, queue_limit: int = 4096, observe: Observer = observe_nothing
    ) -> AbstractAsyncContextManager[OpenStore]:
        """Open a store on it."""
        ...


@contextmanager
def lent_database(engine: str, directory: Path) -> Iterator[Database]:
    """Lend an empty, migrated database; not to be called while an event loop runs."""
    database = new_database(engine, directory)
    yield database
    if isinstance(database, PostgresInstallation):
        if is_as_made_once_emptied(database._url):
            _given_back.append(database._url)
        else:
            shared_postgres().drop_database(database._url)


_given_back: list[str] = []
"""Databases that a test is done with: emptying one takes 8 ms, making one 40 ms and 8 MB."""


def new_database(engine: str, directory: Path) -> Database:
    """Make an empty, migrated database to keep; not to be called while an event loop runs."""
    if engine == "postgres":
        url = _given_back.pop() if _given_back else shared_postgres().create_migrated()
        return PostgresInstallation(url, url)
    path = directory / "lastschrift.db"
    copy_empty_database(path)
    return SqliteInstallation(path)


@contextmanager
def keeping_on(engine: str) -> Iterator[tuple[str, ...]]:
    """Give the options by which a new sandbox keeps its data on an engine."""
    if engine == "sqlite":
        yield ()
    else:
        with shared_postgres().lent_nothing() as url:
            yield ("--database", url)


class Looking(Protocol):
    """Looks into a database past the store: ids and instants as SQLite holds them."""

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what a statement returns."""
        ...


@asynccontextmanager
async def looking_into(database: Database) -> AsyncIterator[Looking]:
    """Look into a database until the block ends."""
    if isinstance(database, PostgresInstallation):
        connection = await asyncpg.connect(database._url)
        try:
            yield _LookingIntoPostgres(connection)
        finally:
            await connection.close()
    else:
        assert isinstance(database, SqliteInstallation)
        with closing(open_for_reading(database._path)) as file:
            yield _LookingIntoSqlite(file)


class _LookingIntoSqlite:
    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement).fetchall()


class _LookingIntoPostgres:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return [tuple(map(_as_in_sqlite, row)) for row in await self._connection.fetch(statement)]


def _as_in_sqlite(value: Value) -> Value:
    """Return a value as the other engine holds it, so that a test needs to know one form."""
    match value:
        case UUID():
            return value.bytes
        case datetime():
            return put_instant(value)
        case _:
            return value


def copy_empty_database(path: Path) -> None:
    """Put a migrated database without a row at ``path``: copied, as making one takes 40 ms."""
    shutil.copyfile(_empty_database(), path)


@cache
def _empty_database() -> Path:
    path = Path(_scratch().name) / "empty.db"
    connection = open_for_writing(path)
    migrate(connection)
    connection.close()
    return path


@cache
def _scratch() -> TemporaryDirectory[str]:
    """Return a directory that lives as long as the test run."""
    return TemporaryDirectory()
