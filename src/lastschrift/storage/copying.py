"""Copying a whole database into another one, piece by piece, and proving that both are the same.

Nobody writes the source meanwhile. Rows are added in the order of their key, each piece whole or
not at all: so what an interrupted copy left of a table is its beginning, which is held against the
source and then gone on with. Last of all, once counts and checksums are the same, the target is
marked as an installation; until then no command takes it for one.

Rows are in the program's form on their way (`storage.tables`), so that engines need not know each
other. What is sealed stays sealed: it is bound to contract, table, column and id, which all stay.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import msgspec

from lastschrift.storage.codec import Row
from lastschrift.storage.installation import DatabaseRefused, Installation
from lastschrift.storage.tables import TABLES, Table
from lastschrift.storage.transfer import AlreadyInstalled, Source, Tables, Target

Observer = Callable[[str, str, int, int], None]
"""Told after each piece what is done, with which table, how many rows are, and of how many."""

ROWS_OF_A_PIECE = 5_000
"""Some 2 MB: enough that a COMMIT for each costs little."""


class TableCopied(NamedTuple):
    """A table's name, how many rows it has, and their checksum."""

    table: str
    rows: int
    sha256: str


async def copy_database(
    source: Installation,
    target: Installation,
    observe: Observer,
    *,
    rows_max: int = ROWS_OF_A_PIECE,
) -> Sequence[TableCopied]:
    """Copy all tables, ``rows_max`` rows at a time; or compare them, if that was done before.

    What an interrupted copy left is gone on with, or begun anew if the source has changed since.

    Raises: DatabaseRefused.
    """
    async with source.as_source() as origin:
        walk = await _Walk.of(origin, observe, rows_max)
        try:
            async with target.as_target() as copy:
                return await _copy(walk, copy, origin.kind)
        except AlreadyInstalled:
            async with target.as_snapshot() as tables:
                return await _compare(walk, tables)


async def _copy(walk: "_Walk", copy: Target, kind: str) -> Sequence[TableCopied]:
    try:
        copied = await walk.side_by_side("copying", copy, copy.add)
    except _Differs:
        await copy.empty()
        copied = await walk.side_by_side("copying", copy, copy.add)
    await walk.check(copy, copied)
    await walk.require_source()
    await copy.finish(kind)
    return copied


async def _compare(walk: "_Walk", copy: Tables) -> Sequence[TableCopied]:
    try:
        return await walk.side_by_side("comparing", copy, _add_nothing)
    except _Differs:
        raise DatabaseRefused(
            copy.place, "holds another installation already", "name an empty database"
        ) from None


_Add = Callable[[Table, Sequence[Row]], Awaitable[None]]


class _Differs(Exception):
    """A copy has something else in a table than its source."""


async def _add_nothing(table: Table, _rows: Sequence[Row]) -> None:
    raise _Differs(table.name)


class _Walk:
    """The way through all tables of a source, in pieces; whoever watches is told how far it is."""

    def __init__(
        self, source: Source, counts: Sequence[int], observe: Observer, rows_max: int
    ) -> None:
        self._source = source
        self._counts = counts
        self._observe = observe
        self._rows_max = rows_max
        self._done = 0

    @classmethod
    async def of(cls, source: Source, observe: Observer, rows_max: int) -> "_Walk":
        """Begin with counting all rows."""
        return cls(source, [await source.count(table) for table in TABLES], observe, rows_max)

    async def side_by_side(self, work: str, copy: Tables, add: _Add) -> Sequence[TableCopied]:
        """Compare a copy with the source, row by row; ``add`` is given what the copy lacks.

        Raises: _Differs; DatabaseRefused: not all rows of the source came out.
        """
        self._done = 0
        copied = [await self._table(work, table, copy, add) for table in TABLES]
        for found, count in zip(copied, self._counts, strict=True):
            if found.rows != count:
                raise DatabaseRefused(
                    self._source.place,
                    f"of table {found.table} {found.rows:,} rows of {count:,} can be read",
                    "lastschrift doctor looks whether it is damaged",
                )
        return copied

    async def _table(self, work: str, table: Table, copy: Tables, add: _Add) -> TableCopied:
        checksum, key, is_more_there = _Checksum(), None, True
        while True:
            rows = await self._source.rows_after(table, key, self._rows_max)
            there = await copy.rows_after(table, key, self._rows_max) if is_more_there else []
            encoded = _encode(rows)
            if _encode(there) != encoded[: len(there)]:
                raise _Differs(table.name)
            if not rows:
                return checksum.of(table)
            if len(there) < len(rows):
                is_more_there = False
                await add(table, rows[len(there) :])
            checksum.add(encoded)
            key = table.key_of(rows[-1])
            await self._report(work, table, len(rows))

    async def check(self, copy: Target, copied: Sequence[TableCopied]) -> None:
        """Read a copy from its beginning, and let it pass if it has what was copied.

        Raises: DatabaseRefused.
        """
        self._done = 0
        for table, expected in zip(TABLES, copied, strict=True):
            count, found = await copy.count(table), await self._checksum(table, copy)
            if count != expected.rows or found != expected:
                raise DatabaseRefused(
                    copy.place,
                    f"table {table.name} came out differently: {count:,} rows with checksum "
                    f"{found.sha256:.8}, the source has {expected.rows:,} with "
                    f"{expected.sha256:.8}",
                    "run it again: what differs is copied anew",
                )

    async def require_source(self) -> None:
        """Ask the source anything: it answers only whoever has kept it locked all the time.

        Raises: DatabaseRefused.
        """
        await self._source.count(TABLES[0])

    async def _checksum(self, table: Table, copy: Tables) -> TableCopied:
        checksum, key = _Checksum(), None
        while rows := await copy.rows_after(table, key, self._rows_max):
            checksum.add(_encode(rows))
            key = table.key_of(rows[-1])
            await self._report("comparing", table, len(rows))
        return checksum.of(table)

    async def _report(self, work: str, table: Table, rows: int) -> None:
        self._done += rows
        self._observe(work, table.name, self._done, sum(self._counts))
        await asyncio.sleep(0)  # SQLite never waits, and Ctrl-C needs the event loop


# --- checksums ------------------------------------------------------------------------------------

_encoder = msgspec.msgpack.Encoder(order="deterministic", uuid_format="bytes")


def _encode(rows: Iterable[Row]) -> list[bytes]:
    """Return each row as MessagePack: the same bytes for the same values, on every engine."""
    return [_encoder.encode(row) for row in rows]


class _Checksum:
    """SHA-256 over the rows of a table, one after another in the order of their key."""

    def __init__(self) -> None:
        self._rows = 0
        self._sha256 = sha256()

    def add(self, encoded: Sequence[bytes]) -> None:
        """Count and hash some more rows."""
        self._rows += len(encoded)
        self._sha256.update(b"".join(encoded))

    def of(self, table: Table) -> TableCopied:
        """Return what has come out."""
        return TableCopied(table.name, self._rows, self._sha256.hexdigest())
