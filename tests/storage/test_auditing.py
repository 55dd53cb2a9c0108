"""The audit trail in the store, on each engine: whole blocks, chained, and only added to."""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack

import apsw
import asyncpg
import pytest

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.errors import DebtorUnknown, DomainError
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import AuditEntry, NewBankAccount, Store, Transaction
from lastschrift.operations.register_bank_account import register_bank_accounts
from lastschrift.storage.anchoring import anchors_told
from lastschrift.storage.chaining import Chain, Heads
from lastschrift.storage.postgres.installation import PostgresInstallation
from tests.audit.tampering import blocks, chains
from tests.audit.trails import (
    COLUMNS,
    execute,
    heads,
    read,
    reading,
    verified,
    write_some,
    write_trail,
)
from tests.databases import Database
from tests.storage.filling import (
    IDS,
    add_contract,
    add_debtor,
    german_iban,
    new_account,
    new_audit_entry,
)

pytestmark = pytest.mark.anyio


def entries_of(contract: ContractId, count: int) -> list[AuditEntry]:
    return [new_audit_entry(contract, IDS.new_id()) for _ in range(count)]


async def write_down(store: Store, entries: Sequence[AuditEntry]) -> None:
    await store.write(lambda transaction: transaction.add_audit_entries(entries))


def registering(store: Store, new: NewBankAccount) -> Awaitable[BankAccount | DomainError]:
    return store.write_batched(register_bank_accounts, lambda: new)


async def test_what_is_committed_at_once_is_a_block_of_each_contract(database: Database) -> None:
    async with database.opened() as store:
        contracts = [await add_contract(store), await add_contract(store)]
        await write_down(store, [*entries_of(contracts[0], 3), *entries_of(contracts[1], 2)])
        await write_down(store, entries_of(contracts[0], 1))
    rows = await read(database)
    assert sorted(last - first for first, last in blocks(rows)) == [1, 2, 3]
    assert len(chains(rows)) == 2
    assert not (await verified(database)).faults


async def test_all_that_is_told_of_an_entry_is_kept(database: Database) -> None:
    async with database.opened() as store:
        contract = await add_contract(store)
        entry = reading(contract)
        await write_down(store, [entry])
    (row,) = await read(database)
    kept = dict(zip(COLUMNS, row, strict=True))
    further = b"".join(subject.bytes for subject in entry.further_subjects)
    assert (kept["source"], bytes(kept["further_subjects"])) == ("203.0.113.7", further)
    assert (kept["action"], kept["client_id"], kept["debtor_id"]) == (entry.action, None, None)


async def test_what_is_undone_leaves_no_entry_and_no_gap_in_the_chain(database: Database) -> None:
    async with database.opened() as store:
        contract = await add_contract(store)

        async def refused(transaction: Transaction) -> None:
            await transaction.add_audit_entries(entries_of(contract, 2))
            raise DebtorUnknown

        for _ in range(3):
            outcomes = await asyncio.gather(
                write_down(store, entries_of(contract, 1)),
                store.write(refused),
                write_down(store, entries_of(contract, 1)),
                return_exceptions=True,
            )
            assert [type(each) for each in outcomes] == [type(None), DebtorUnknown, type(None)]
    found = await verified(database)
    assert (found.entries, found.faults) == (6, [])


async def test_of_a_batch_those_left_out_are_no_part_of_the_block(database: Database) -> None:
    async with database.opened() as store:
        contracts = [await add_contract(store), await add_contract(store)]
        debtors = [await add_debtor(store, contract) for contract in contracts]
        for _ in range(2):
            news = [
                new_account(contract, debtor, german_iban(number))
                for number in (1, 2, 1, 3)
                for contract, debtor in zip(contracts, debtors, strict=True)
            ]
            outcomes = await asyncio.gather(*[registering(store, new) for new in news])
        assert all(isinstance(outcome, DomainError) for outcome in outcomes)
        await write_down(store, entries_of(contracts[0], 1))
    found = await verified(database)
    assert (found.entries, found.faults) == (7, [])


async def test_many_write_at_once_and_every_chain_holds(database: Database) -> None:
    servers = 2 if isinstance(database, PostgresInstallation) else 1
    async with AsyncExitStack() as opened:
        stores = [await opened.enter_async_context(database.opened()) for _ in range(servers)]
        contract = await add_contract(stores[0])
        await asyncio.gather(*[write_some(store, contract) for store in stores for _ in range(5)])
    found = await verified(database, await heads(database))
    assert (found.entries, found.faults) == (75 * servers, [])


@pytest.mark.parametrize(
    "change", ["DELETE FROM audit_entry", "UPDATE audit_entry SET source = ''"]
)
async def test_entries_stay_as_they_are(database: Database, change: str) -> None:
    await write_trail(database, writers=1)
    before = await read(database)
    with pytest.raises((apsw.ConstraintError, asyncpg.RaiseError), match="only added to"):
        await execute(database, change)
    assert await read(database) == before


# --- anchors --------------------------------------------------------------------------------------


async def test_chains_that_moved_are_told_now_and_then_and_at_the_end(database: Database) -> None:
    told: list[str] = []
    async with database.opened() as store:
        contract = await add_contract(store)
        async with anchors_told(store.audit_heads, told.append, every_s=0.01):
            await write_down(store, entries_of(contract, 2))
            async with asyncio.timeout(10):
                while not told:  # noqa: ASYNC110  # nobody says when it is told
                    await asyncio.sleep(0.01)
            await write_down(store, entries_of(contract, 1))
        await asyncio.sleep(0.03)
    assert told == [told[0], str((await heads(database))[0])]
    assert not (await verified(database, await heads(database))).faults


async def test_what_is_refused_moves_no_chain(database: Database) -> None:
    async with database.opened() as store:
        contract = await add_contract(store)

        async def refused(transaction: Transaction) -> None:
            await transaction.add_audit_entries(entries_of(contract, 1))
            raise DebtorUnknown

        with pytest.raises(DebtorUnknown):
            await store.write(refused)
        assert store.audit_heads.take() == []


# --- a chain by itself ----------------------------------------------------------------------------


def test_a_chain_goes_on_where_it_was_before_what_was_undone() -> None:
    contract = ContractId(IDS.new_id())
    heads_told = Heads()
    chain, entries = Chain(heads_told), entries_of(contract, 2)
    first = chain.draft(entries)
    links = chain.close(first)
    chain.undo()
    assert heads_told.take() == []
    assert chain.draft(entries) == first
    assert chain.close(first) == links
    chain.kept()
    (anchor,) = heads_told.take()
    assert (anchor.sequence, anchor.link) == (2, links[1])


def test_another_writer_begins_its_own_chain() -> None:
    contract = ContractId(IDS.new_id())
    chain = Chain(Heads())
    before, link = chain.writer, chain.link_of(contract.bytes)
    chain.begin_anew()
    assert chain.writer != before
    assert chain.link_of(contract.bytes) != link
