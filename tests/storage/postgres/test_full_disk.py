"""A disk that is full when it comes to the COMMIT: who waits is told, and nothing is kept.

That the disk is full, a trigger says, in PostgreSQL's words for it; and it says it to the COMMIT.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.errors import DomainError, StoreFailed
from lastschrift.operations.ports import NewBankAccount, Page, Store
from lastschrift.operations.register_bank_account import register_bank_accounts
from lastschrift.storage.postgres.store import PostgresStore
from tests.storage.filling import (
    add_contract,
    add_debtor,
    german_iban,
    kept,
    list_customers,
    new_account,
)

pytestmark = pytest.mark.anyio

FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$
"""
TABLES = ("debtor", "bank_account")


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with PostgresStore.open(url) as opened:
        yield opened


@asynccontextmanager
async def full_disk(url: str) -> AsyncIterator[None]:
    """Let every COMMIT of a new debtor or account fail, until the block ends."""
    connection = await asyncpg.connect(url)
    await connection.execute(FULL)
    for table in TABLES:
        await connection.execute(
            f"CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION full_disk()"
        )
    yield
    await connection.execute("DROP FUNCTION full_disk CASCADE")
    await connection.close()


async def test_an_operation_is_told_and_keeps_nothing(store: Store, url: str) -> None:
    contract = await add_contract(store)
    async with full_disk(url):
        with pytest.raises(StoreFailed):
            await add_debtor(store, contract)
    await add_debtor(store, contract)
    listing = await list_customers(store, contract, Page(9, 0))
    assert listing.total == 1


async def test_a_batch_is_told_and_keeps_nothing(store: Store, url: str) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    news = [new_account(contract, debtor, german_iban(number)) for number in range(3)]
    async with full_disk(url):
        outcomes = await asyncio.gather(
            *[register(store, new) for new in news], return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [StoreFailed] * 3
    for new in news:
        assert await kept(store, contract, new.account.id) is None
        assert await register(store, new) is new.account


async def register(store: Store, new: NewBankAccount) -> BankAccount | DomainError:
    return await store.write_batched(register_bank_accounts, lambda: new)
