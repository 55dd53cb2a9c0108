"""A SQLite database read and filled table by table (`storage.transfer`); nothing ever waits."""

from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from lastschrift.storage.codec import Row
from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.selecting.arguments import Arguments
from lastschrift.storage.sqlite.codec import SQLITE_CODEC
from lastschrift.storage.sqlite.dialect import to_sqlite
from lastschrift.storage.sqlite.migrations import migrate
from lastschrift.storage.tables import Table
from lastschrift.storage.transfer import Sought, TableCodec, Told, sought_sql


class SqliteTables:
    """`storage.transfer.Tables` over one connection."""

    def __init__(self, connection: apsw.Connection, place: Path, told: Told) -> None:
        self.place = place
        self._connection = connection
        self._told = told

    async def count(self, table: Table) -> int:
        """Return how many rows a table has."""
        with self._told():
            count: int = self._connection.execute(f"SELECT count(*) FROM {table.name}").get
        return count

    async def rows_after(self, table: Table, key: Row | None, rows_max: int) -> list[Row]:
        """Return the next rows."""
        codec = TableCodec(SQLITE_CODEC, table)
        sql = _rows_after_sql(table, is_first=key is None)
        with self._told():
            found = self._connection.execute(sql, (*codec.put_key(key), rows_max)).fetchall()
        return codec.get_rows(found)

    async def counted(self, statement: str) -> list[tuple[int, ...]]:
        """Return the numbers that a statement finds."""
        with self._told():
            found: Sequence[Row] = self._connection.execute(statement).fetchall()
        return [tuple(map(int, row)) for row in found]

    async def sought(self, table: Table, which: Sought) -> list[Row]:
        """Return the rows that are sought."""
        arguments = Arguments(SQLITE_CODEC)
        sql = to_sqlite(sought_sql(table, which, arguments))
        with self._told():
            found = self._connection.execute(sql, arguments.values).fetchall()
        return TableCodec(SQLITE_CODEC, table).get_rows(found)


class SqliteSource(SqliteTables):
    """`storage.transfer.Source`: nobody else has the file open."""

    @property
    def kind(self) -> str:
        """What the installation was made for."""
        with self._told():
            kind: str = self._connection.execute("SELECT kind FROM installation").get
        return kind


class SqliteTarget(SqliteTables):
    """`storage.transfer.Target`: a file that gets its name when it is finished."""

    def __init__(
        self, connection: apsw.Connection, place: Path, told: Told, put_in_place: Callable[[], None]
    ) -> None:
        super().__init__(connection, place, told)
        self._put_in_place = put_in_place

    async def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows in one transaction."""
        columns, values = ", ".join(table.columns), ", ".join("?" * len(table.columns))
        sql = f"INSERT INTO {table.name} ({columns}) VALUES ({values})"
        values_of_rows = TableCodec(SQLITE_CODEC, table).put_rows(rows)
        try:
            with self._told(), self._connection:
                self._connection.executemany(sql, values_of_rows)
        except apsw.ConstraintError as error:
            raise DatabaseRefused(
                self.place,
                f"does not take what table {table.name} has ({error})",
                "the source contradicts itself: put it back from its newest copy",
            ) from None

    async def empty(self) -> None:
        """Make the file anew, which takes less than to take rows out."""
        with self._told():
            self._connection.config(apsw.SQLITE_DBCONFIG_RESET_DATABASE, 1)
            self._connection.execute("VACUUM")
            self._connection.config(apsw.SQLITE_DBCONFIG_RESET_DATABASE, 0)
            migrate(self._connection)

    async def finish(self, kind: str) -> None:
        """Mark the file, and give it its name."""
        mark = "REPLACE INTO installation (only_row, kind) VALUES (1, ?)"
        with self._told():
            self._connection.execute(mark, (kind,))
            self._connection.close()
            self._put_in_place()


def _rows_after_sql(table: Table, *, is_first: bool) -> str:
    columns, key = ", ".join(table.columns), ", ".join(table.key)
    after = "" if is_first else f"WHERE ({key}) > ({', '.join('?' * len(table.key))})"
    return f"SELECT {columns} FROM {table.name} {after} ORDER BY {key} LIMIT ?"
