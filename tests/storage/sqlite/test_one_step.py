"""A round that only adds is kept by one statement, and nobody can tell it from one in steps."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import (
    AccountIdTaken,
    BankAccountAlreadyRegistered,
    DebtorAccessDenied,
    DomainError,
    StoreFailed,
)
from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from lastschrift.operations.ports import AuditEntry, NewBankAccount, Transaction
from lastschrift.operations.register_bank_account import register_bank_accounts
from lastschrift.operations.register_bank_account_once import register_keyed_bank_accounts
from lastschrift.storage.hope import WITHOUT_MIN
from lastschrift.storage.sqlite.connection import open_for_reading, open_for_writing
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.storage.sqlite.store import SqliteStore
from lastschrift.storage.sqlite.writer import Writer
from lastschrift.storage.verifying import verify_trail
from tests.databases import copy_empty_database
from tests.storage.filling import (
    IDS,
    NOW,
    add_contract,
    add_debtor,
    german_iban,
    keyed_account,
    new_account,
    new_audit_entry,
)
from tests.storage.sqlite.conftest import Bench, Gate
from tests.storage.tried import BATCHES, Tried

pytestmark = pytest.mark.anyio

IN_ONE_STEP = ["INSERT INTO added"]
IN_STEPS = ["BEGIN IMMEDIATE", "COMMIT"]

Outcome = BankAccount | DomainError
T = TypeVar("T")


class Merchant:
    """A contract with two customers, one of whom is deleted, in the file of a bench."""

    def __init__(self, contract: ContractId, customer: DebtorRef, gone: DebtorRef) -> None:
        self.contract = contract
        self.customer = customer
        self.gone = gone

    def new(self, number: int, **told: Any) -> NewBankAccount:  # noqa: ANN401  # as `new_account`
        """Return an account of the customer's that is to be kept."""
        return new_account(self.contract, self.customer, german_iban(number), **told)

    def of(self, debtor: DebtorRef | None, number: int) -> NewBankAccount:
        return new_account(self.contract, debtor, german_iban(number))


@pytest.fixture
async def merchant(file: Path) -> Merchant:
    return await a_merchant(file)


@pytest.fixture
async def bench(merchant: Merchant, file: Path) -> AsyncIterator[Bench]:
    """Return a writer on a file that has the merchant already."""
    del merchant
    connection = open_for_writing(file)
    commits: list[int] = []
    writer = Writer(connection, queue_limit=1000, observe=lambda jobs, _: commits.append(jobs))
    yield Bench(writer, connection, file, commits)
    await writer.close()


async def a_merchant(file: Path) -> Merchant:
    store = SqliteStore(file)
    contract = await add_contract(store)
    customer, gone = await add_debtor(store, contract), await add_debtor(store, contract)
    await store.write(lambda transaction: transaction.delete_debtor(contract, gone.id, NOW))
    await store.close()
    return Merchant(contract, customer, gone)


async def register(writer: Writer, *accounts: NewBankAccount) -> list[Outcome]:
    """Register accounts, each by a request of its own, all at once."""
    outcomes: list[Outcome] = await asyncio.gather(
        *[writer.submit_batched(register_bank_accounts, partial(_same, new)) for new in accounts]
    )
    return outcomes


def _same(command: T) -> T:
    return command


async def write_down(transaction: Transaction, entries: Sequence[AuditEntry]) -> list[None]:
    await transaction.add_audit_entries(entries)
    return [None] * len(entries)


class Steps:
    """What a connection runs: how its transactions begin and end, and on which threads."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.taken: list[str] = []
        self.threads: set[str] = set()
        connection.exec_trace = self._trace

    def _trace(self, _cursor: apsw.Cursor, sql: str, _bindings: object) -> bool:
        if sql.startswith(tuple(IN_ONE_STEP + IN_STEPS)):
            self.taken.append(sql.partition(" VALUES")[0])
            self.threads.add(threading.current_thread().name)
        return True


def rows_of(path: Path, table: str, but: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """Return a table's rows in the order of its key, without some columns."""
    with closing(open_for_reading(path)) as reader:
        names = [name for _, name, *_ in reader.pragma("table_info", table)]
        columns = ", ".join(name for name in names if name not in but)
        return list(reader.execute(f"SELECT {columns} FROM {table}"))


async def faults(path: Path) -> Sequence[object]:
    """Return what is wrong with the audit trail."""
    return (await verify_trail(SqliteInstallation(path), [], lambda *_: None)).faults


# --- which rounds ---------------------------------------------------------------------------------


async def test_accounts_are_added_and_committed_in_one_step(
    bench: Bench, merchant: Merchant
) -> None:
    steps = Steps(bench.connection)
    new = [merchant.new(number) for number in range(16)]
    assert await register(bench.writer, *new) == [each.account for each in new]
    assert steps.taken == IN_ONE_STEP
    assert steps.threads == {"commit"}
    assert bench.commits == [16]
    assert len(rows_of(bench.path, "bank_account")) == 16
    assert not await faults(bench.path)


async def test_the_values_of_a_round_do_not_stay_in_memory(
    bench: Bench, merchant: Merchant
) -> None:
    await register(bench.writer, merchant.new(1))
    assert bench.writer._one_step._values == []


async def test_so_are_audit_entries_alone(bench: Bench, merchant: Merchant) -> None:
    steps = Steps(bench.connection)
    entry = new_audit_entry(merchant.contract, IDS.new_id())
    await asyncio.gather(
        *[bench.writer.submit_batched(write_down, lambda: entry) for _ in range(5)]
    )
    assert steps.taken == IN_ONE_STEP
    assert len(rows_of(bench.path, "audit_entry")) == 5
    assert not await faults(bench.path)


async def test_so_are_both_in_one_round(bench: Bench, merchant: Merchant) -> None:
    steps = Steps(bench.connection)
    new, entry = merchant.new(1), new_audit_entry(merchant.contract, IDS.new_id())
    await asyncio.gather(
        bench.writer.submit_batched(write_down, lambda: entry),
        bench.writer.submit_batched(register_bank_accounts, lambda: new),
    )
    assert steps.taken == IN_ONE_STEP
    assert len(rows_of(bench.path, "bank_account")) == 1
    assert len(rows_of(bench.path, "audit_entry")) == 2
    assert not await faults(bench.path)


async def test_so_are_accounts_with_keys_and_without(bench: Bench, merchant: Merchant) -> None:
    steps = Steps(bench.connection)
    keyed = [keyed_account(merchant.new(number)) for number in range(3)]
    new, entry = merchant.new(9), new_audit_entry(merchant.contract, IDS.new_id())
    submit = bench.writer.submit_batched
    told = await asyncio.gather(
        submit(register_bank_accounts, lambda: new),
        *[submit(register_keyed_bank_accounts, partial(_same, each)) for each in keyed],
        submit(write_down, lambda: entry),
    )
    assert told == [new.account, True, True, True, None]
    assert steps.taken == ["INSERT INTO added_keyed"]
    assert len(rows_of(bench.path, "bank_account")) == 4
    assert len(rows_of(bench.path, "audit_entry")) == 5
    assert len(rows_of(bench.path, "idempotency_key")) == 3
    assert not await faults(bench.path)


async def test_where_a_key_was_used_nothing_is_and_the_others_are_in_steps(
    bench: Bench, merchant: Merchant
) -> None:
    keyed = [keyed_account(merchant.new(number)) for number in range(3)]
    submit = bench.writer.submit_batched
    assert await submit(register_keyed_bank_accounts, lambda: keyed[1])
    steps = Steps(bench.connection)
    again = replace(keyed[1], new=merchant.new(7))
    told = await asyncio.gather(
        *[
            submit(register_keyed_bank_accounts, partial(_same, each))
            for each in (keyed[0], again, keyed[2])
        ]
    )
    assert told == [True, False, True]
    assert steps.taken == ["INSERT INTO added_keyed", *IN_STEPS]
    assert len(rows_of(bench.path, "bank_account")) == len(rows_of(bench.path, "audit_entry")) == 3
    assert not await faults(bench.path)


async def test_what_adds_nothing_takes_no_step(bench: Bench) -> None:
    async def operation(_transaction: Transaction, names: Sequence[str]) -> Sequence[str]:
        return names

    steps = Steps(bench.connection)
    assert await bench.writer.submit_batched(operation, lambda: "a") == "a"
    assert steps.taken == []


async def test_with_anything_else_a_round_takes_its_steps(bench: Bench, merchant: Merchant) -> None:
    steps = Steps(bench.connection)
    new, entry = merchant.new(1), new_audit_entry(merchant.contract, IDS.new_id())
    await asyncio.gather(
        bench.writer.submit_batched(register_bank_accounts, lambda: new),
        bench.writer.submit(lambda transaction: transaction.add_audit_entries([entry])),
    )
    assert steps.taken == IN_STEPS
    assert bench.commits == [2]


async def test_so_it_does_if_an_operation_asks_for_something(
    bench: Bench, merchant: Merchant
) -> None:
    async def operation(transaction: Transaction, new: Sequence[NewBankAccount]) -> list[Outcome]:
        outcomes = await register_bank_accounts(transaction, new)
        assert await transaction.bank_account(merchant.contract, new[0].account.id) is not None
        return outcomes

    steps = Steps(bench.connection)
    new = merchant.new(1)
    assert await bench.writer.submit_batched(operation, lambda: new) == new.account
    assert steps.taken == IN_STEPS
    assert len(rows_of(bench.path, "bank_account")) == 1
    assert len(rows_of(bench.path, "audit_entry")) == 1


async def test_what_was_prepared_in_vain_is_not_kept_with_the_next_round(
    bench: Bench, merchant: Merchant
) -> None:
    async def adds_and_fails(
        transaction: Transaction, new: Sequence[NewBankAccount]
    ) -> list[Outcome]:
        await register_bank_accounts(transaction, new)
        raise AccountIdTaken

    with pytest.raises(AccountIdTaken):
        await bench.writer.submit_batched(adds_and_fails, lambda: merchant.new(1))
    steps = Steps(bench.connection)
    new = merchant.new(2)
    assert await register(bench.writer, new) == [new.account]
    assert steps.taken == IN_ONE_STEP
    assert len(rows_of(bench.path, "bank_account")) == 1
    assert not await faults(bench.path)


# --- rounds that can't be kept in one step --------------------------------------------------------


async def test_one_that_is_there_already_is_told_and_its_neighbours_stay(
    bench: Bench, merchant: Merchant
) -> None:
    first = merchant.new(1)
    await register(bench.writer, first)
    steps = Steps(bench.connection)
    new = [merchant.new(number) for number in (2, 1, 3)]
    outcomes = await register(bench.writer, *new)
    assert steps.taken == IN_ONE_STEP + IN_STEPS
    assert outcomes[::2] == [new[0].account, new[2].account]
    assert isinstance(outcomes[1], BankAccountAlreadyRegistered)
    assert outcomes[1].account_id == first.account.id
    assert len(rows_of(bench.path, "bank_account")) == len(rows_of(bench.path, "audit_entry")) == 3
    assert not await faults(bench.path)


async def test_after_one_some_rounds_are_not_tried(bench: Bench, merchant: Merchant) -> None:
    await register(bench.writer, merchant.new(0))
    await register(bench.writer, merchant.new(0))
    steps = Steps(bench.connection)
    for number in range(WITHOUT_MIN + 1):
        await register(bench.writer, merchant.new(1 + number))
    assert steps.taken == IN_STEPS * WITHOUT_MIN + IN_ONE_STEP
    assert not await faults(bench.path)


def debtors_of(merchant: Merchant) -> list[DebtorRef | None]:
    """Return whoever an account may be for, and some for whom it may not."""
    unknown = DebtorRef(DebtorId(IDS.new_id()), DebtorKind.CUSTOMER)
    mistaken = replace(merchant.customer, kind=DebtorKind.SERVICE_IDENTITY)
    return [merchant.customer, None, merchant.gone, unknown, mistaken]


@settings(max_examples=60)
@given(rounds=BATCHES)
def test_nobody_can_tell_it_from_a_round_in_steps(
    rounds: list[list[Tried]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("rounds")

    async def both() -> None:
        file = directory / "a.db"
        copy_empty_database(file)
        merchant = await a_merchant(file)
        other = directory / "b.db"
        other.write_bytes(file.read_bytes())
        debtors = debtors_of(merchant)
        made = [[_made(merchant, debtors, tried) for tried in each] for each in rounds]
        one = await _outcomes(file, made, may_hope=True)
        steps = await _outcomes(other, made, may_hope=False)
        assert list(map(_told, one)) == list(map(_told, steps))
        assert rows_of(file, "bank_account") == rows_of(other, "bank_account")
        but = ["writer", "link"]  # which are of its writer
        assert rows_of(file, "audit_entry", but) == rows_of(other, "audit_entry", but)
        assert not await faults(file)

    asyncio.run(both())


def _made(merchant: Merchant, debtors: Sequence[DebtorRef | None], tried: Tried) -> NewBankAccount:
    number, whose, taken = tried
    new = merchant.of(debtors[whose], number)
    if taken is None:
        return new
    account = replace(new.account, id=AccountId(_ID_OF[taken]))
    return replace(new, account=account, audit=new_audit_entry(merchant.contract, account.id))


_ID_OF = [IDS.new_id() for _ in range(3)]


async def _outcomes(
    file: Path, rounds: Sequence[Sequence[NewBankAccount]], *, may_hope: bool
) -> list[Outcome]:
    writer = Writer(open_for_writing(file), queue_limit=100, observe=lambda *_: None)
    outcomes: list[Outcome] = []
    for accounts in rounds:
        writer._one_step._hope._left = 0 if may_hope else 1
        outcomes += await register(writer, *accounts)
    await writer.close()
    return outcomes


def _told(outcome: Outcome) -> object:
    return (type(outcome), vars(outcome)) if isinstance(outcome, DomainError) else outcome


async def test_why_is_told_for_each(bench: Bench, merchant: Merchant) -> None:
    taken = merchant.new(1)
    await register(bench.writer, taken)
    outcomes = await register(
        bench.writer,
        merchant.of(merchant.gone, 2),
        merchant.new(3, account_id=taken.account.id),
        merchant.new(1),
        merchant.of(None, 1),
    )
    assert [type(outcome) for outcome in outcomes] == [
        DebtorAccessDenied,
        AccountIdTaken,
        BankAccountAlreadyRegistered,
        BankAccount,
    ]


# --- nothing is told before it is kept ------------------------------------------------------------


async def test_nothing_is_answered_before_it_is_kept(
    bench: Bench, merchant: Merchant, gate: Gate
) -> None:
    answer = asyncio.create_task(register(bench.writer, merchant.new(1)))
    await gate.wait_until_reached()
    assert not answer.done()
    assert rows_of(bench.path, "bank_account") == []
    gate.is_open.set()
    await answer
    assert len(rows_of(bench.path, "bank_account")) == 1


async def test_what_the_disk_refuses_is_kept_by_nobody(
    bench: Bench, merchant: Merchant, gate: Gate
) -> None:
    gate.is_refusing = True
    gate.is_open.set()
    outcomes = await asyncio.gather(
        *[register(bench.writer, merchant.new(number)) for number in range(3)],
        return_exceptions=True,
    )
    assert all(isinstance(outcome, StoreFailed) for outcome in outcomes)
    assert rows_of(bench.path, "bank_account") == rows_of(bench.path, "audit_entry") == []
    gate.is_refusing = False
    await register(bench.writer, merchant.new(1))
    assert len(rows_of(bench.path, "bank_account")) == 1
    assert not await faults(bench.path)


async def test_a_database_that_may_not_grow_keeps_nothing(bench: Bench, merchant: Merchant) -> None:
    (pages,) = bench.connection.execute("PRAGMA page_count").fetchall()[0]
    bench.connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    many = [merchant.new(number) for number in range(200)]
    outcomes = await asyncio.gather(
        *[register(bench.writer, new) for new in many], return_exceptions=True
    )
    assert all(isinstance(outcome, StoreFailed) for outcome in outcomes)
    assert rows_of(bench.path, "bank_account") == []
    bench.connection.execute("PRAGMA max_page_count = 4294967294").fetchall()
    assert await register(bench.writer, *many) == [new.account for new in many]
    assert not await faults(bench.path)
