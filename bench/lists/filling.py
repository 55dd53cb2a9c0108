"""Putting made-up customers, each with an account, into a sandbox's database."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg

from bench.lists.rows import Row, StoredCustomer, pieces
from lastschrift.domain.identity import AccountId
from lastschrift.opening import with_ports
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import ContractKeys, Ports
from lastschrift.settings import Settings
from lastschrift.storage.codec import Codec
from lastschrift.storage.postgres.codec import POSTGRES_CODEC
from lastschrift.storage.sqlite.codec import SQLITE_CODEC
from lastschrift.storage.sqlite.connection import open_for_writing

Advance = Callable[[int], None]
"""Told how many more customers are stored."""

_DEBTOR_COLUMNS = (
    "contract_id",
    "id",
    "kind",
    "contact",
    "created",
    "folded_given_name",
    "folded_family_name",
    "folded_company",
    "folded_email",
    "folded_contact",
)
_ACCOUNT_COLUMNS = (
    "contract_id",
    "id",
    "debtor_id",
    "fingerprint",
    "iban_sealed",
    "iban_country",
    "iban_last_four",
    "owner",
    "folded_owner",
    "created",
)


def _debtor(contract: object, new: StoredCustomer, codec: Codec) -> Row:
    *texts, others = new.folded
    contact, created = codec.put_json(new.contact), codec.put_instant(new.created)
    key = codec.put_id(new.id)
    return contract, key, "customer", contact, created, *texts, codec.put_json(others)


def _account(keys: ContractKeys, contract: object, new: StoredCustomer, codec: Codec) -> Row:
    owner, iban = new.contact.account_owner or "", new.iban
    sealed = keys.seal_iban(AccountId(new.account), iban)
    numbers = (keys.fingerprint(iban)[1], sealed, iban.country, iban.last_four)
    ids = (codec.put_id(new.account), codec.put_id(new.id))
    return contract, *ids, *numbers, owner, owner.casefold(), codec.put_instant(new.created)


def keys_of(settings: Settings) -> ContractKeys:
    """Return the keys of the one contract there is."""

    async def read(ports: Ports) -> ContractKeys:
        (contract,) = await ports.store.scan(lambda reader: reader.contracts())
        return await contract_keys(ports, contract.id)

    return asyncio.run(with_ports(settings, read))


def fill_sqlite(path: Path, keys: ContractKeys, customers: int, advance: Advance) -> None:
    """Store customers under the one contract there is."""
    connection = open_for_writing(path)
    connection.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000").fetchall()
    ((contract,),) = connection.execute("SELECT contract_id FROM client LIMIT 1").fetchall()
    for piece in pieces(customers):
        with connection:
            connection.executemany(
                _insert("debtor", _DEBTOR_COLUMNS),
                [_debtor(contract, new, SQLITE_CODEC) for new in piece],
            )
            connection.executemany(
                _insert("bank_account", _ACCOUNT_COLUMNS),
                [_account(keys, contract, new, SQLITE_CODEC) for new in piece],
            )
        advance(len(piece))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def fill_postgres(url: str, keys: ContractKeys, customers: int, advance: Advance) -> None:
    """Store the same in PostgreSQL, by COPY."""
    asyncio.run(_fill_postgres(url, keys, customers, advance))


async def _fill_postgres(url: str, keys: ContractKeys, customers: int, advance: Advance) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SET synchronous_commit = off")
    contract = await connection.fetchval("SELECT contract_id FROM client LIMIT 1")
    for piece in pieces(customers):
        await connection.copy_records_to_table(
            "debtor",
            records=[_debtor(contract, new, POSTGRES_CODEC) for new in piece],
            columns=_DEBTOR_COLUMNS,
        )
        await connection.copy_records_to_table(
            "bank_account",
            records=[_account(keys, contract, new, POSTGRES_CODEC) for new in piece],
            columns=_ACCOUNT_COLUMNS,
        )
        advance(len(piece))
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()
