"""Putting made-up accounts into a sandbox's database, past the server, which must not run."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg

from bench.stored.rows import StoredAccount, debtor_ids, pieces
from lastschrift.storage.sqlite.codec import put_instant
from lastschrift.storage.sqlite.connection import open_for_writing

Advance = Callable[[int], None]
"""Told how many more accounts are stored."""

_NAMES = ("DE", "3000", "COBADEFFXXX", "Commerzbank", "John Doe")
_ACCOUNT_COLUMNS = (
    "contract_id",
    "id",
    "debtor_id",
    "fingerprint",
    "iban_sealed",
    "iban_country",
    "iban_last_four",
    "bic",
    "bank_name",
    "owner",
    "created",
)
_AUDIT_COLUMNS = ("contract_id", "writer", "sequence", "at", "client_id", "action", "subject_id")
_DEBTOR_COLUMNS = ("contract_id", "id", "kind", "contact", "created")
_ACTION = "bank_account.registered"


def fill_sqlite(path: Path, accounts: int, advance: Advance) -> None:
    """Store accounts, their debtors and their audit entries, under the one contract there is."""
    connection = open_for_writing(path)
    connection.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000").fetchall()
    contract, client = connection.execute("SELECT contract_id, id FROM client").fetchall()[0]
    debtors = [(contract, key.bytes, "customer", "{}", 0) for key in debtor_ids(accounts)]
    with connection:
        connection.executemany(_insert("debtor", _DEBTOR_COLUMNS), debtors)
    stored = 0
    for piece in pieces(accounts):
        with connection:
            connection.executemany(
                _insert("bank_account", _ACCOUNT_COLUMNS),
                [
                    (contract, *_keys(new), new.fingerprint, new.sealed, *_NAMES, _at(new))
                    for new in piece
                ],
            )
            connection.executemany(
                _insert("audit_entry", _AUDIT_COLUMNS),
                [
                    (contract, bytes(16), stored + place, _at(new), client, _ACTION, new.id.bytes)
                    for place, new in enumerate(piece)
                ],
            )
        stored += len(piece)
        advance(len(piece))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


def _keys(new: StoredAccount) -> tuple[bytes, bytes]:
    return new.id.bytes, new.debtor.bytes


def _at(new: StoredAccount) -> int:
    return put_instant(new.created)


def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def fill_postgres(url: str, accounts: int, advance: Advance) -> None:
    """Store the same in PostgreSQL, by COPY."""
    asyncio.run(_fill_postgres(url, accounts, advance))


async def _fill_postgres(url: str, accounts: int, advance: Advance) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SET synchronous_commit = off")
    contract, client = await connection.fetchrow("SELECT contract_id, id FROM client")
    now = (await connection.fetchrow("SELECT now()"))[0]
    await connection.copy_records_to_table(
        "debtor",
        records=[(contract, key, "customer", "{}", now) for key in debtor_ids(accounts)],
        columns=_DEBTOR_COLUMNS,
    )
    stored = 0
    for piece in pieces(accounts):
        await connection.copy_records_to_table(
            "bank_account",
            records=[
                (contract, new.id, new.debtor, new.fingerprint, new.sealed, *_NAMES, new.created)
                for new in piece
            ],
            columns=_ACCOUNT_COLUMNS,
        )
        await _copy_audit(connection, (contract, client), piece, stored)
        stored += len(piece)
        advance(len(piece))
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def _copy_audit(
    connection: asyncpg.Connection,
    owner: tuple[object, object],
    piece: list[StoredAccount],
    first: int,
) -> None:
    contract, client = owner
    writer = "00000000-0000-0000-0000-000000000000"
    await connection.copy_records_to_table(
        "audit_entry",
        records=[
            (contract, writer, first + place, new.created, client, _ACTION, new.id)
            for place, new in enumerate(piece)
        ],
        columns=_AUDIT_COLUMNS,
    )
