"""Making copies for tests, and looking at what is in them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from lastschrift.storage.codec import Row
from lastschrift.storage.copying import Observer, TableCopied, copy_database
from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.sqlite.codec import SQLITE_CODEC
from lastschrift.storage.sqlite.connection import open_for_writing
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.storage.sqlite.transfer import SqliteSource
from lastschrift.storage.tables import TABLES, Kind, Table
from lastschrift.storage.transfer import TableCodec, Target
from tests.databases import lent_database, looking_into
from tests.postgres import shared_postgres
from tests.storage.copying.contents import Contents

ROWS = 5
ROWS_MAX = 2
PIECES = 3
"""What each table of the source has, what a piece has, and of how many a table is made."""

Database = SqliteInstallation | PostgresInstallation


@contextmanager
def empty_database(engine: str, directory: Path) -> Iterator[Database]:
    """Lend a place for a copy: a database without a row, or a file that is not there."""
    if engine == "sqlite":
        yield SqliteInstallation(directory / "copy.db")
        return
    with lent_database(engine, directory) as database:
        assert isinstance(database, PostgresInstallation)
        yield database


def ignore(_work: str, _table: str, _rows: int, _rows_total: int) -> None:
    """Observe nothing."""


def copy(source: Database, target: Database, observe: Observer = ignore) -> Sequence[TableCopied]:
    """Copy in small pieces."""
    return asyncio.run(copy_database(source, target, observe, rows_max=ROWS_MAX))


def refusal(source: Database, target: Database) -> str:
    """Copy what can't be copied, and return the one line that says why."""
    with pytest.raises(DatabaseRefused) as refused:
        copy(source, target)
    (line,) = str(refused.value).splitlines()
    return line


def place_of(database: Database) -> str:
    """Return how messages name a database."""
    if isinstance(database, PostgresInstallation):
        return database._place
    return str(database._path)


def change(database: Database, statement: str) -> None:
    """Do to a database what no command does."""
    if isinstance(database, PostgresInstallation):
        shared_postgres().execute(statement, database._url.rpartition("/")[2])
        return
    with closing(open_for_writing(database._path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(statement)


# --- what is in them, as SQLite holds it, but for the spelling of JSON ----------------------------


def kept_in(database: Database) -> dict[str, set[Row]]:
    """Return all rows, read past the code that copies."""

    async def look() -> dict[str, set[Row]]:
        async with looking_into(database) as looking:
            return {
                table.name: _comparable(
                    table,
                    await looking.rows(f"SELECT {', '.join(table.columns)} FROM {table.name}"),
                )
                for table in TABLES
            }

    return asyncio.run(look())


def written(contents: Contents) -> dict[str, set[Row]]:
    """Return how all rows should be kept."""
    return {
        table.name: _comparable(
            table, TableCodec(SQLITE_CODEC, table).put_rows(contents[table.name])
        )
        for table in TABLES
    }


def _comparable(table: Table, rows: Sequence[Row]) -> set[Row]:
    kinds = tuple(table.columns.values())
    return {
        tuple(
            _spelt(value) if kind is Kind.JSON else value
            for kind, value in zip(kinds, row, strict=True)
        )
        for row in rows
    }


def _spelt(json: str | None) -> bytes | None:
    """Return JSON in one spelling of many."""
    if json is None:
        return None
    return msgspec.json.encode(msgspec.json.decode(json), order="deterministic")


# --- meddling -------------------------------------------------------------------------------------

Meddle = Callable[[Table, Sequence[Row]], Sequence[Row]]


@contextmanager
def meddled(database: Database, meddle: Meddle) -> Iterator[None]:
    """Change all rows on their way into a database, until the block ends."""
    real = database.as_target

    @asynccontextmanager
    async def as_target() -> AsyncIterator[Target]:
        async with real() as target:
            yield _MeddledTarget(target, meddle)

    setattr(database, "as_target", as_target)  # noqa: B010  # mypy takes no other method
    yield
    delattr(database, "as_target")


@contextmanager
def miscounted(database: SqliteInstallation) -> Iterator[None]:
    """Let a database have a row more than it gives, until the block ends."""
    real = database.as_source

    @asynccontextmanager
    async def as_source() -> AsyncIterator[SqliteSource]:
        async with real() as source:
            yield _MiscountedSource(source._connection, source.place, source._told)

    setattr(database, "as_source", as_source)  # noqa: B010  # mypy takes no other method
    yield
    delattr(database, "as_source")


class _MiscountedSource(SqliteSource):
    async def count(self, table: Table) -> int:
        return await super().count(table) + 1


@dataclass(slots=True)
class _MeddledTarget:
    """A target that adds other rows than it is given."""

    target: Target
    meddle: Meddle

    @property
    def place(self) -> object:
        return self.target.place

    async def count(self, table: Table) -> int:
        return await self.target.count(table)

    async def rows_after(self, table: Table, key: Row | None, rows_max: int) -> list[Row]:
        return await self.target.rows_after(table, key, rows_max)

    async def add(self, table: Table, rows: Sequence[Row]) -> None:
        await self.target.add(table, self.meddle(table, rows))

    async def empty(self) -> None:
        await self.target.empty()

    async def finish(self, kind: str) -> None:
        await self.target.finish(kind)
