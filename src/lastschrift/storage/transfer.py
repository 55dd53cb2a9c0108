"""What an engine brings so that a whole database can be copied, to its own kind or to another.

Rows are in the program's form on their way: UUID, datetime in UTC, bytes, text, numbers, and JSON
as Python's values. A `TableCodec` makes them of an engine's form, and back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from lastschrift.storage.codec import Codec, Row, Value
from lastschrift.storage.selecting.arguments import Arguments
from lastschrift.storage.tables import Kind, Table

Told = Callable[[], AbstractContextManager[None]]
"""Turns what an engine says, for as long as a block takes, into `DatabaseRefused`."""


Sought = Callable[[Arguments], str]
"""Returns what stands behind ``FROM`` in a query, and takes the arguments that it needs."""


class AlreadyInstalled(Exception):
    """Where a database is to be made, there is a finished one."""


class Tables(Protocol):
    """All tables of a database. Every method raises `DatabaseRefused`."""

    @property
    def place(self) -> object:
        """Where the database is, for messages."""
        ...

    async def count(self, table: Table) -> int:
        """Return how many rows a table has."""
        ...

    async def rows_after(self, table: Table, key: Row | None, rows_max: int) -> list[Row]:
        """Return the rows that come next in the order of the key; None: the first ones."""
        ...


class TablesInUse(Tables, Protocol):
    """All tables of an installation, whoever writes them."""

    async def counted(self, statement: str) -> list[tuple[int, ...]]:
        """Return the whole numbers that a statement finds which every engine understands."""
        ...

    async def sought(self, table: Table, which: Sought) -> list[Row]:
        """Return the rows of a table that are sought, all of them in one look."""
        ...


class Source(Tables, Protocol):
    """All tables of an installation, while nobody writes them."""

    @property
    def kind(self) -> str:
        """What the installation was made for."""
        ...


class Target(Tables, Protocol):
    """All tables of a database in the making, with what an earlier attempt left in them."""

    async def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows: all of them, on disk, or none."""
        ...

    async def empty(self) -> None:
        """Take all rows out again."""
        ...

    async def finish(self, kind: str) -> None:
        """Mark the database as a ``sandbox`` or for ``production``: now it is an installation."""
        ...


def sought_sql(table: Table, which: Sought, arguments: Arguments) -> str:
    """Return the query for what is sought of a table, in PostgreSQL's form."""
    return f"SELECT {', '.join(table.columns)} FROM {table.name} {which(arguments)}"


# --- rows in an engine's form, and in the program's -----------------------------------------------

_Translation = Callable[[Value], Value]


class TableCodec:
    """Translates rows of a table, by an engine's codec."""

    def __init__(self, codec: Codec, table: Table) -> None:
        get: Mapping[Kind, _Translation] = {
            Kind.ID: codec.get_id,
            Kind.INSTANT: codec.get_instant,
            Kind.JSON: codec.get_json,
        }
        put: Mapping[Kind, _Translation] = {
            Kind.ID: codec.put_id,
            Kind.INSTANT: codec.put_instant,
            Kind.JSON: codec.put_json,
        }
        self._get = [get.get(kind, _as_it_is) for kind in table.columns.values()]
        self._put = [put.get(kind, _as_it_is) for kind in table.columns.values()]
        self._put_key = [put.get(table.columns[name], _as_it_is) for name in table.key]

    def get_rows(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows in the program's form."""
        return [_translated(self._get, row) for row in rows]

    def put_rows(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows in the engine's form."""
        return [_translated(self._put, row) for row in rows]

    def put_key(self, key: Row | None) -> Row:
        """Return a key's values in the engine's form; none of them for None."""
        return () if key is None else _translated(self._put_key, key)


def _translated(translations: Iterable[_Translation], values: Row) -> Row:
    return tuple(
        [
            None if value is None else translate(value)
            for translate, value in zip(translations, values, strict=True)
        ]
    )


def _as_it_is(value: Value) -> Value:
    return value
