"""Accounts that come together stand together, and each is found by its IBAN wherever it stands."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from uuid import UUID

import apsw
import pytest
from msgspec.structs import replace

from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.ports import (
    Fingerprints,
    HasFingerprint,
    NewBankAccount,
    Page,
    Search,
    Store,
)
from lastschrift.storage.schema import migrations_in
from lastschrift.storage.sqlite import migrations
from lastschrift.storage.sqlite.connection import (
    SqliteEngine,
    open_for_reading,
    open_for_writing,
)
from lastschrift.storage.sqlite.drive import drive
from lastschrift.storage.sqlite.runs import FIRST_RUN, RUN_ROWS, TOGETHER_MIN, Runs
from lastschrift.storage.sqlite.store import SqliteStore
from tests.storage.filling import (
    add_contract,
    add_debtor,
    delete,
    german_iban,
    new_account,
    registered,
)

pytestmark = pytest.mark.anyio

ROUND = 16
STORED, DEBTORS, ROUNDS_COUNTED = 8_000, 200, 50


@pytest.fixture
async def store(file: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(file)
    yield opened
    await opened.close()


@pytest.fixture
def connection(file: Path) -> Iterator[apsw.Connection]:
    with closing(open_for_reading(file)) as opened:
        yield opened


def accounts(
    contract: ContractId, debtor: DebtorRef | None, numbers: Sequence[int]
) -> list[NewBankAccount]:
    return [new_account(contract, debtor, german_iban(number)) for number in numbers]


def runs_of(connection: apsw.Connection, contract: ContractId) -> dict[int, int]:
    """Return how many accounts of a contract each run has."""
    rows = connection.execute(
        "SELECT fingerprint_run, count(*) FROM bank_account WHERE contract_id = ? GROUP BY 1",
        (contract.bytes,),
    )
    return {int(str(run)): int(str(count)) for run, count in rows}


async def found(
    store: Store, contract: ContractId, new: NewBankAccount, version: int = 1
) -> list[AccountId]:
    """Return the accounts that have the same IBAN as this one."""
    fingerprint = new.fingerprints.odd if version % 2 else new.fingerprints.even
    assert fingerprint is not None
    condition = HasFingerprint(fingerprint, version)
    search = Search(page=Page(count=100, offset=0), condition=condition)
    rows = await store.scan(lambda reader: reader.bank_accounts(contract, search))
    return [sealed.account.id for sealed in rows]


# --- which run ------------------------------------------------------------------------------------


async def test_those_that_come_by_ones_and_twos_stand_in_the_first_run(
    store: Store, connection: apsw.Connection
) -> None:
    contract = await add_contract(store)
    await registered(store, *accounts(contract, None, range(TOGETHER_MIN - 1)))
    await registered(store, *accounts(contract, None, range(1)))
    assert runs_of(connection, contract) == {FIRST_RUN: TOGETHER_MIN}


async def test_those_that_come_together_fill_one_run_after_the_other(
    store: Store, connection: apsw.Connection
) -> None:
    contract, other = await add_contract(store), await add_contract(store)
    for start in range(0, RUN_ROWS + ROUND, ROUND):
        batch = accounts(contract, None, range(start, start + ROUND))
        await registered(store, *batch, *accounts(other, None, [start]))
    assert runs_of(connection, contract) == {1: RUN_ROWS, 2: ROUND}
    assert runs_of(connection, other) == {1: RUN_ROWS // ROUND + 1}


async def test_who_opens_the_database_again_begins_with_a_new_run(
    file: Path, store: Store, connection: apsw.Connection
) -> None:
    contract = await add_contract(store)
    await registered(store, *accounts(contract, None, range(ROUND)))
    with closing(open_for_writing(file)) as again:
        run_of = Runs(again).for_accounts(ROUND)
        assert [run_of(contract.bytes) for _ in range(RUN_ROWS + 1)] == [2] * RUN_ROWS + [3]
        assert run_of(b"another contract") == 1


async def test_a_run_that_only_an_even_key_knows_of_is_not_used_again(
    file: Path, store: Store
) -> None:
    contract = await add_contract(store)
    await registered(store, *map(under_even_key, accounts(contract, None, range(ROUND))))
    with closing(open_for_writing(file)) as again:
        assert Runs(again).for_accounts(ROUND)(contract.bytes) == 2


def under_even_key(new: NewBankAccount) -> NewBankAccount:
    return replace(new, fingerprints=Fingerprints(None, new.fingerprints.odd))


# --- found ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
async def test_an_iban_is_found_in_whichever_runs_it_stands(
    store: Store, connection: apsw.Connection, version: int
) -> None:
    contract = await add_contract(store)
    sought = new_account(contract, None, german_iban(7))

    def made(new: NewBankAccount) -> NewBankAccount:
        return new if version == 1 else under_even_key(new)

    wanted = list(await registered(store, made(sought)))
    for start in range(100, 100 + 2 * RUN_ROWS + 1, ROUND):
        same = replace(sought, account=new_account(contract, None, german_iban(7)).account)
        same = replace(same, sealed_iban=start.to_bytes(8, "big"))
        others = accounts(contract, None, range(start, start + ROUND - 1))
        (first, *_) = await registered(store, made(same), *map(made, others))
        wanted.append(first)
    assert runs_of(connection, contract).keys() == {0, 1, 2, 3}
    ids = sorted((account.created, account.id) for account in wanted)
    assert await found(store, contract, made(sought), version) == [key for _, key in ids]
    await delete(store, contract, wanted[-1].id)
    assert len(await found(store, contract, made(sought), version)) == len(wanted) - 1
    assert await found(store, await add_contract(store), made(sought), version) == []


async def test_what_was_there_before_there_were_runs_is_found_in_the_first(tmp_path: Path) -> None:
    file = tmp_path / "before.db"
    contract, key = ContractId(UUID(int=1)), AccountId(UUID(int=2))
    sought = new_account(contract, None, german_iban(7))
    with closing(open_for_writing(file)) as connection:
        for step in list(migrations_in(migrations.__name__).values())[:8]:
            migrations._apply(connection, step)
        connection.execute(
            "INSERT INTO contract (id, name, created) VALUES (?, 'x', 0)", (contract.bytes,)
        )
        connection.execute(
            "INSERT INTO bank_account (contract_id, id, fingerprint, iban_sealed, iban_country,"
            " iban_last_four, created) VALUES (?, ?, ?, x'01', 'DE', '3000', 0)",
            (contract.bytes, key.bytes, sought.fingerprints.odd),
        )
        migrations.migrate(connection)
    store = SqliteStore(file)
    assert await found(store, contract, sought) == [key]
    await store.close()


# --- what it is for -------------------------------------------------------------------------------


@pytest.fixture
async def merchant(store: Store) -> tuple[ContractId, list[DebtorRef]]:
    """A contract with some debtors."""
    contract = await add_contract(store)
    return contract, [await add_debtor(store, contract) for _ in range(DEBTORS)]


async def test_of_what_a_registration_changes_one_page_is_anywhere(
    file: Path, merchant: tuple[ContractId, list[DebtorRef]]
) -> None:
    assert ROUND < pages_of_a_round(file, *merchant) < 2 * ROUND


async def test_one_more_index_that_has_them_anywhere_is_found(
    file: Path, merchant: tuple[ContractId, list[DebtorRef]]
) -> None:
    with closing(open_for_writing(file)) as connection:
        connection.execute(
            "CREATE INDEX by_iban ON bank_account (contract_id, fingerprint) WHERE deleted IS NULL"
        )
    assert pages_of_a_round(file, *merchant) > 2 * ROUND


def pages_of_a_round(file: Path, contract: ContractId, debtors: Sequence[DebtorRef]) -> float:
    """Return how many pages a round of registrations writes, once many accounts are stored."""
    logged: list[int] = []

    def count(_connection: apsw.Connection, _database: str, pages: int) -> int:
        logged.append(pages)
        return apsw.SQLITE_OK

    with closing(open_for_writing(file)) as connection:
        engine = SqliteEngine(connection)
        connection.set_wal_hook(count)
        for start in range(0, STORED, ROUND):
            batch = [
                new_account(contract, debtors[number % DEBTORS], german_iban(number))
                for number in range(start, start + ROUND)
            ]
            with connection:
                assert drive(engine.add_bank_accounts(batch)) == []
    return (logged[-1] - logged[-ROUNDS_COUNTED - 1]) / ROUNDS_COUNTED
