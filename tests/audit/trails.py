"""Audit trails for tests: written by a store, read and changed past it, and verified.

with a house where several things were done under several writers:
    rows = await read(database)
    await put(database, changed(rows))
    assert (await verified(database)).faults
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import partial
from typing import Any
from uuid import UUID

import apsw
import asyncpg

from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import AuditEntry, Store, Transaction
from lastschrift.operations.ports.trail import TrailVerified
from lastschrift.storage.anchors import Anchor
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.seeking import find_heads
from lastschrift.storage.sqlite.connection import open_for_writing
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.storage.tables import TABLES
from lastschrift.storage.verifying import verify_trail
from tests.databases import Database
from tests.storage.filling import (
    IDS,
    add_contract,
    add_debtor,
    german_iban,
    new_account,
    new_audit_entry,
    register,
)

COLUMNS = tuple(next(table for table in TABLES if table.name == "audit_entry").columns)
KEY = 3
"""So many columns are the key: contract, writer, number."""

LINK = COLUMNS.index("link")

Row = tuple[Any, ...]
"""A row as its engine holds it."""

_STAY = ("audit_entry_stays", "audit_entry_stays_as_it_is")


def installation(database: Database) -> SqliteInstallation | PostgresInstallation:
    """Return a database as what it is."""
    assert isinstance(database, (SqliteInstallation, PostgresInstallation))
    return database


async def verified(
    database: Database, anchors: Iterable[Anchor] = (), rows_max: int = 7
) -> TrailVerified:
    """Verify a trail, in pieces so short that blocks lie across them."""
    return await verify_trail(installation(database), anchors, lambda *_: None, rows_max=rows_max)


async def heads(database: Database) -> list[Anchor]:
    """Return an anchor for each chain."""
    return await find_heads(installation(database))


# --- a trail --------------------------------------------------------------------------------------


async def write_trail(database: Database, *, writers: int = 3) -> None:
    """Let several writers write, one after another, for two contracts: 15 entries each."""
    async with database.opened() as store:
        contracts = [await add_contract(store), await add_contract(store)]
    for _ in range(writers):
        async with database.opened() as store:
            for contract in contracts:
                await write_some(store, contract)


async def write_some(store: Store, contract: ContractId) -> None:
    """Register accounts, write down a change and a reading at once, and readings one by one."""
    debtor = await add_debtor(store, contract)
    for size in (1, 4):
        numbers = range(size, 2 * size)
        await register(store, *[new_account(contract, debtor, german_iban(n)) for n in numbers])
    both = [reading(contract), new_audit_entry(contract, IDS.new_id())]
    await store.write(lambda transaction: transaction.add_audit_entries(both))
    await asyncio.gather(*[read_one(store, contract) for _ in range(8)])


async def read_one(store: Store, contract: ContractId) -> None:
    """Write down, as reading does, that something was read."""
    await store.write_batched(_write_down, partial(reading, contract))


async def _write_down(transaction: Transaction, entries: Sequence[AuditEntry]) -> list[None]:
    await transaction.add_audit_entries(entries)
    return [None] * len(entries)


def reading(contract: ContractId) -> AuditEntry:
    return AuditEntry(
        contract_id=contract,
        at=new_audit_entry(contract, IDS.new_id()).at,
        client_id=None,
        action="bank_account.read",
        subject_id=IDS.new_id(),
        source="203.0.113.7",
        further_subjects=[IDS.new_id(), IDS.new_id()],
    )


# --- past the store -------------------------------------------------------------------------------


async def execute(database: Database, statement: str) -> None:
    """Run a statement that both engines understand."""
    if isinstance(database, PostgresInstallation):
        connection = await asyncpg.connect(database._url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
        return
    with closing(_file(database)) as file:
        file.execute(statement)


async def read(database: Database) -> list[Row]:
    """Return all rows, in the order of their key."""
    query = f"SELECT {', '.join(COLUMNS)} FROM audit_entry ORDER BY contract_id, writer, sequence"
    if isinstance(database, PostgresInstallation):
        connection = await asyncpg.connect(database._url)
        try:
            return [tuple(map(_plain, row)) for row in await connection.fetch(query)]
        finally:
            await connection.close()
    with closing(_file(database)) as file:
        return file.execute(query).fetchall()


def _plain(value: Any) -> Any:  # noqa: ANN401  # of any column
    """Return a value without the driver's own kind of UUID."""
    return UUID(int=value.int) if isinstance(value, UUID) else value


async def put(database: Database, rows: Sequence[Row]) -> None:
    """Put these rows in the place of all that there are, whatever is in the way."""
    if isinstance(database, PostgresInstallation):
        connection = await asyncpg.connect(database._url)
        try:
            await connection.execute("TRUNCATE audit_entry")
            await connection.copy_records_to_table(
                "audit_entry", records=rows, columns=list(COLUMNS)
            )
        finally:
            await connection.close()
        return
    places = ", ".join("?" * len(COLUMNS))
    with closing(_file(database)) as file, file:
        for trigger in _STAY:
            file.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        file.execute("DELETE FROM audit_entry")
        file.executemany(f"INSERT INTO audit_entry ({', '.join(COLUMNS)}) VALUES ({places})", rows)


def _file(database: Database) -> apsw.Connection:
    assert isinstance(database, SqliteInstallation)
    return open_for_writing(database._path)
