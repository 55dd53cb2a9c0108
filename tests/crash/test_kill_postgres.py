"""A PostgreSQL backend killed at any of its calls of the system: registered once, or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import BankAccountAlreadyRegistered, DomainError, StoreFailed
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import NewBankAccount, Store
from lastschrift.operations.register_bank_account import register_bank_accounts
from lastschrift.storage.postgres.store import PostgresStore
from tests.crash.spreading import spread
from tests.crash.tracing import counting_calls, killed_at, require_tracing
from tests.postgres import PostgresServer, running_postgres
from tests.promises import promise, rounds
from tests.storage.filling import add_contract, add_debtor, german_iban, new_account

pytestmark = pytest.mark.anyio

_BACKEND = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE '%INSERT INTO bank_account%'
  AND pid <> pg_backend_pid()
"""
_KEPT = "SELECT count(*) FROM bank_account WHERE id = $1"
_AUDITED = "SELECT count(*) FROM audit_entry WHERE subject_id = $1"


@dataclass(slots=True)
class Registrar:
    """Registers accounts of one debtor, each of another number, over one connection at a time."""

    url: str
    store: Store
    contract: ContractId
    debtor: DebtorRef
    numbers: Iterator[int]

    def next_account(self) -> NewBankAccount:
        """Return an account that is not registered yet."""
        return new_account(self.contract, self.debtor, german_iban(next(self.numbers)))

    async def register(self, new: NewBankAccount) -> BankAccount | DomainError:
        """Register an account."""
        outcome = await self.store.write_batched(register_bank_accounts, lambda: new)
        assert isinstance(outcome, BankAccount | DomainError)
        return outcome

    async def backend(self) -> int:
        """Return the process that works for the connection which registrations go by."""
        await self.register(self.next_account())
        return await self.asked(_BACKEND)

    async def asked(self, statement: str, *arguments: object) -> int:
        """Return the number that the database answers, over a connection of its own."""
        connection = await asyncpg.connect(self.url)
        try:
            number: int = await connection.fetchval(statement, *arguments)
        finally:
            await connection.close()
        return number


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """Return a server that keeps what it commits."""
    require_tracing()
    with running_postgres(is_forgetful=False) as started:
        yield started


@pytest.fixture
async def registrar(server: PostgresServer) -> AsyncIterator[Registrar]:
    url = await asyncio.to_thread(server.create_migrated)
    async with PostgresStore.open(url) as store:
        contract = await add_contract(store)
        debtor = await add_debtor(store, contract)
        yield Registrar(url, store, contract, debtor, iter(range(100_000)))


async def calls_of_a_registration(registrar: Registrar, trace: Path) -> Sequence[str]:
    """Return what the backend of a registration asks the system for."""
    backend = await registrar.backend()
    with counting_calls(backend, trace) as calls:
        await registrar.register(registrar.next_account())
    return calls


@promise("survives-kill-anywhere")
async def test_a_backend_killed_at_any_call_of_a_registration_keeps_it_once_or_not_at_all(
    registrar: Registrar, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    calls = await calls_of_a_registration(registrar, tmp_path / "trace")
    assert "fdatasync" in calls
    points = spread(len(calls), rounds(ci=4, soak=len(calls)))
    acknowledged = 0
    for at in points:
        new = registrar.next_account()
        with killed_at(await registrar.backend(), at), suppress(StoreFailed):
            acknowledged += await registrar.register(new) is new.account
        await check_once(registrar, new)
    figure(
        f"PostgreSQL: backend killed at {len(points)} of {len(calls)} calls of the system: "
        f"{acknowledged} acknowledged all the same, 0 lost, 0 doubled"
    )


async def check_once(registrar: Registrar, new: NewBankAccount) -> None:
    """Register once more what may be there already; then it is there once, and in the trail."""
    outcome = await registrar.register(new)
    assert outcome is new.account or isinstance(outcome, BankAccountAlreadyRegistered)
    assert await registrar.asked(_KEPT, new.account.id) == 1
    assert await registrar.asked(_AUDITED, new.account.id) == 1
