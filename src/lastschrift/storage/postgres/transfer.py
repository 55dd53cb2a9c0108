"""A PostgreSQL database read and filled table by table (`storage.transfer`)."""

from collections.abc import Sequence

import asyncpg

from lastschrift.storage.codec import Row, Value
from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.postgres.codec import POSTGRES_CODEC
from lastschrift.storage.postgres.connecting import Connection
from lastschrift.storage.selecting.arguments import Arguments
from lastschrift.storage.tables import TABLES, Table
from lastschrift.storage.transfer import Sought, TableCodec, Told, sought_sql

_NAMES = ", ".join(table.name for table in TABLES)

_LOCK_WAIT_S = 5

_MARK = "INSERT INTO installation (only_row, kind) VALUES (1, $1)"


async def lock_tables(connection: Connection, place: object) -> None:
    """Begin a transaction that keeps everyone else from writing; it ends with the connection.

    Nothing changes any more, so each statement may see what is there when it begins.

    Raises: DatabaseRefused: somebody has been writing for long, and not committed.
    """
    await connection.execute("BEGIN")
    await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_WAIT_S}s'")
    try:
        await connection.execute(f"LOCK TABLE installation, {_NAMES} IN SHARE MODE")
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
        raise DatabaseRefused(
            place,
            f"is being written, and could not be locked within {_LOCK_WAIT_S} s",
            "stop its servers, or try again",
        ) from None


class PostgresTables:
    """`storage.transfer.Tables` over one connection."""

    def __init__(self, connection: Connection, place: str, told: Told) -> None:
        self.place = place
        self._connection = connection
        self._told = told

    async def count(self, table: Table) -> int:
        """Return how many rows a table has."""
        ((count,),) = await self._fetch(f"SELECT count(*) FROM {table.name}")
        return int(count)

    async def rows_after(self, table: Table, key: Row | None, rows_max: int) -> list[Row]:
        """Return the next rows."""
        codec = TableCodec(POSTGRES_CODEC, table)
        sql = _rows_after_sql(table, rows_max, is_first=key is None)
        return codec.get_rows(await self._fetch(sql, *codec.put_key(key)))

    async def counted(self, statement: str) -> list[tuple[int, ...]]:
        """Return the numbers that a statement finds."""
        return [tuple(map(int, row)) for row in await self._fetch(statement)]

    async def sought(self, table: Table, which: Sought) -> list[Row]:
        """Return the rows that are sought."""
        arguments = Arguments(POSTGRES_CODEC)
        sql = sought_sql(table, which, arguments)
        found = await self._fetch(sql, *arguments.values)
        return TableCodec(POSTGRES_CODEC, table).get_rows(found)

    async def _fetch(self, statement: str, *arguments: Value) -> Sequence[Row]:
        with self._told():
            rows: Sequence[Row] = await self._connection.fetch(statement, *arguments)
        return rows


class PostgresSource(PostgresTables):
    """`storage.transfer.Source`: all tables are locked."""

    def __init__(self, connection: Connection, place: str, told: Told, kind: str) -> None:
        super().__init__(connection, place, told)
        self.kind = kind


class PostgresTarget(PostgresTables):
    """`storage.transfer.Target`: nobody else makes tables here."""

    async def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows by COPY, which takes all or none."""
        records = TableCodec(POSTGRES_CODEC, table).put_rows(rows)
        with self._told():
            await self._connection.copy_records_to_table(
                table.name, records=records, columns=list(table.columns)
            )

    async def empty(self) -> None:
        """Take all rows out."""
        with self._told():
            await self._connection.execute(f"TRUNCATE {_NAMES}")

    async def finish(self, kind: str) -> None:
        """Count anew what the planner goes by, and mark the database."""
        with self._told():
            await self._connection.execute(f"ANALYZE {_NAMES}")
            await self._connection.execute(_MARK, kind)


def _rows_after_sql(table: Table, rows_max: int, *, is_first: bool) -> str:
    """Return the statement; the limit stands in it, so that the planner knows how few it takes."""
    columns, key = ", ".join(table.columns), ", ".join(table.key)
    places = ", ".join(f"${number}" for number in range(1, len(table.key) + 1))
    after = "" if is_first else f"WHERE ({key}) > ({places})"
    return f"SELECT {columns} FROM {table.name} {after} ORDER BY {key} LIMIT {rows_max}"
