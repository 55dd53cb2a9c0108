"""Connections that break, servers that go away and come back: nothing lost, nothing twice."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import asyncpg
import pytest

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.debtor import Debtor, DebtorRef
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    BankAccountUnknown,
    DomainError,
    LockedTooLong,
    StoreFailed,
)
from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.ports import (
    KeyedBankAccount,
    KeyedDebtor,
    KeyUse,
    NewBankAccount,
    NewDebtor,
    Reader,
    Store,
    Transaction,
)
from lastschrift.operations.ports.trail import TrailFault
from lastschrift.operations.register_bank_account import register_bank_accounts
from lastschrift.operations.register_bank_account_once import register_keyed_bank_accounts
from lastschrift.operations.register_debtor import register_debtors
from lastschrift.operations.register_debtor_once import register_keyed_debtors
from lastschrift.storage.outage import Outage
from lastschrift.storage.postgres import lane, perseverance
from lastschrift.storage.postgres import store as postgres_store
from lastschrift.storage.postgres.batch import WAIT_FOR_STANDBY
from lastschrift.storage.postgres.connecting import Connection, Primary
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.postgres.store import PostgresStore
from tests.audit.trails import read_one, verified
from tests.lines import Line, line_to
from tests.postgres import PostgresServer, running_postgres, shared_postgres
from tests.storage.filling import (
    NOW,
    add_contract,
    add_debtor,
    audited_debtor,
    german_iban,
    keyed_account,
    keyed_debtor,
    new_account,
    new_debtor,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("undivided")]

T = TypeVar("T")

ACCOUNTS = "SELECT count(*) FROM bank_account"
AUDITS = "SELECT count(*) FROM audit_entry"
DEBTORS = "SELECT count(*) FROM debtor"

TOLD_WITHIN_S = 10
"""So long as five waits for a lock; twelve, one after the other, would take 23 s."""


@pytest.fixture
def url() -> str:
    return shared_postgres().create_migrated()


@pytest.fixture
async def line(url: str) -> AsyncIterator[Line]:
    async with line_to(url) as opened:
        yield opened


async def count(url: str, statement: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(statement))
    finally:
        await connection.close()


async def trail_of(url: str) -> tuple[int, Sequence[TrailFault]]:
    """Return how many entries the audit trail has, and where it does not hold."""
    found = await verified(PostgresInstallation(url, url))
    return found.entries, found.faults


async def until(url: str, statement: str, wanted: int) -> None:
    async with asyncio.timeout(10):
        while await count(url, statement) != wanted:  # noqa: ASYNC110  # another process tells
            await asyncio.sleep(0.005)


def register(store: Store, new: NewBankAccount) -> "asyncio.Future[BankAccount | DomainError]":
    return asyncio.ensure_future(store.write_batched(register_bank_accounts, lambda: new))


async def _claim(use: KeyUse, transaction: Transaction) -> KeyUse | None:
    return await transaction.claim_key(use)


def register_keyed(store: Store, keyed: KeyedBankAccount) -> "asyncio.Future[bool]":
    return asyncio.ensure_future(store.write_batched(register_keyed_bank_accounts, lambda: keyed))


def save(store: Store, new: NewDebtor) -> "asyncio.Future[Debtor]":
    return asyncio.ensure_future(store.write_batched(register_debtors, lambda: new))


def save_keyed(store: Store, keyed: KeyedDebtor) -> "asyncio.Future[bool]":
    return asyncio.ensure_future(store.write_batched(register_keyed_debtors, lambda: keyed))


async def written_unheard(
    store: Store,
    operation: Callable[[Transaction], Coroutine[Any, Any, T]],
    line: Line,
    kept: Callable[[], Awaitable[None]],
) -> T:
    """Write while the line says nothing of the COMMIT, and is cut once that is ``kept``."""
    line.deaf_from = b"COMMIT"
    asked = asyncio.ensure_future(store.write(operation))
    await kept()
    line.deaf_from = None
    line.cut()
    return await asked


async def payer(store: Store) -> tuple[ContractId, DebtorRef]:
    contract = await add_contract(store)
    return contract, await add_debtor(store, contract)


# --- a connection is lost -------------------------------------------------------------------------


async def test_a_batch_whose_commit_was_not_heard_of_is_kept_once(line: Line, url: str) -> None:
    async with PostgresStore.open(line.url) as store:
        contract, debtor = await payer(store)
        news = [new_account(contract, debtor, german_iban(number)) for number in range(5)]
        nobodys = [new_account(contract, None) for _ in news]
        # The lane has its connection then, and its statement for so many.
        await asyncio.gather(*[register(store, new) for new in nobodys])
        line.is_deaf = True
        asked = [register(store, new) for new in news]
        await until(url, ACCOUNTS, 10)
        line.is_deaf = False
        line.cut()
        assert await asyncio.gather(*asked) == [new.account for new in news]
        await register(store, new_account(contract, None))
    assert await count(url, ACCOUNTS) == 11
    assert await trail_of(url) == (11, [])


async def test_what_was_so_kept_under_keys_is_left_to_each_to_find(line: Line, url: str) -> None:
    async with PostgresStore.open(line.url) as store:
        contract, debtor = await payer(store)
        keyed = [keyed_account(new_account(contract, debtor, german_iban(n))) for n in range(3)]
        others = [keyed_account(new_account(contract, None)) for _ in keyed]
        assert await asyncio.gather(*[register_keyed(store, each) for each in others]) == [True] * 3
        line.is_deaf = True
        asked = [register_keyed(store, each) for each in keyed]
        await until(url, ACCOUNTS, 6)
        line.is_deaf = False
        line.cut()
        assert await asyncio.gather(*asked) == [False] * 3
        for each in keyed:
            use = each.use
            assert await store.write(partial(_claim, use)) == use
        assert await register_keyed(store, keyed_account(new_account(contract, None)))
    assert await count(url, ACCOUNTS) == 7
    assert await trail_of(url) == (7, [])


async def test_debtors_whose_commit_was_not_heard_of_are_kept_once(line: Line, url: str) -> None:
    async with PostgresStore.open(line.url) as store:
        contract = await add_contract(store)
        news = [audited_debtor(contract) for _ in range(3)]
        await save(store, audited_debtor(contract))  # the lane has its connection, and its text
        line.is_deaf = True
        asked = [save(store, new) for new in news]
        await until(url, DEBTORS, 4)
        line.is_deaf = False
        line.cut()
        assert await asyncio.gather(*asked) == [new.debtor for new in news]
        await save(store, audited_debtor(contract))
    assert await count(url, DEBTORS) == 5
    assert await trail_of(url) == (5, [])


async def test_debtors_are_kept_once_though_the_line_is_cut_twice(line: Line, url: str) -> None:
    async with PostgresStore.open(line.url) as store:
        contract = await add_contract(store)
        new = audited_debtor(contract)
        await save(store, audited_debtor(contract))
        line.is_deaf = True
        asked = save(store, new)
        await until(url, DEBTORS, 2)
        line.is_deaf = False
        line.deaf_from = WAIT_FOR_STANDBY.encode()  # said by a run that finds all there
        line.cut()
        async with asyncio.timeout(10):
            while not line.is_deaf:  # noqa: ASYNC110  # who sends the words says nothing else
                await asyncio.sleep(0.005)
        line.deaf_from, line.is_deaf = None, False
        line.cut()
        assert await asked == new.debtor
        await save(store, audited_debtor(contract))
    assert await count(url, DEBTORS) == 3
    assert await trail_of(url) == (3, [])


async def test_debtors_so_kept_under_keys_are_left_to_each_to_find(line: Line, url: str) -> None:
    async with PostgresStore.open(line.url) as store:
        contract = await add_contract(store)
        keyed = [keyed_debtor(audited_debtor(contract)) for _ in range(3)]
        assert await save_keyed(store, keyed_debtor(audited_debtor(contract)))
        line.is_deaf = True
        asked = [save_keyed(store, each) for each in keyed]
        await until(url, DEBTORS, 4)
        line.is_deaf = False
        line.cut()
        assert await asyncio.gather(*asked) == [False] * 3
        for each in keyed:
            assert await store.write(partial(_claim, each.use)) == each.use
        assert await save_keyed(store, keyed_debtor(audited_debtor(contract)))
    assert await count(url, DEBTORS) == 5
    assert await trail_of(url) == (5, [])


async def test_what_an_earlier_run_kept_is_told_when_the_standby_has_it(
    line: Line, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that finds all there writes nothing else that its COMMIT would wait with."""
    said: list[str] = []

    class Heard(Primary):
        async def connect(self, *arguments: object, **named: object) -> Connection:
            connection = await super().connect(*arguments, **named)
            connection.add_query_logger(lambda record: said.append(record.query))
            return connection

    monkeypatch.setattr("lastschrift.storage.postgres.store.Primary", Heard)
    async with PostgresStore.open(line.url) as store:
        contract = await add_contract(store)
        await save(store, audited_debtor(contract))
        assert WAIT_FOR_STANDBY not in said
        line.is_deaf = True
        asked = save(store, audited_debtor(contract))
        await until(url, DEBTORS, 2)
        line.is_deaf = False
        line.cut()
        await asked
    assert said.count(WAIT_FOR_STANDBY) == 1


async def test_a_batch_that_never_arrived_is_kept_once(line: Line, url: str) -> None:
    async with PostgresStore.open(line.url) as store:
        contract, debtor = await payer(store)
        await register(store, new_account(contract, None))
        line.cut()
        new = new_account(contract, debtor)
        assert await register(store, new) is new.account
    assert await count(url, ACCOUNTS) == 2


async def test_what_another_registered_is_still_a_duplicate(line: Line, url: str) -> None:
    async with PostgresStore.open(line.url) as store:
        contract, debtor = await payer(store)
        first, second = new_account(contract, debtor), new_account(contract, debtor)
        await register(store, first)
        line.cut()
        outcome = await register(store, second)
        assert isinstance(outcome, BankAccountAlreadyRegistered)
        assert outcome.account_id == first.account.id


async def test_readings_whose_commit_was_not_heard_of_are_written_down_once(
    line: Line, url: str
) -> None:
    async with PostgresStore.open(line.url) as store:
        contract = await add_contract(store)
        await read_one(store, contract)  # the lane has its connection, and its statement
        line.is_deaf = True
        asked = [asyncio.ensure_future(read_one(store, contract)) for _ in range(3)]
        await until(url, AUDITS, 4)
        line.is_deaf = False
        line.cut()
        await asyncio.gather(*asked)
        await read_one(store, contract)
    assert await trail_of(url) == (5, [])


async def test_an_operation_whose_commit_was_not_heard_of_is_done_once(
    line: Line, url: str
) -> None:
    async with PostgresStore.open(line.url) as store:
        contract = await add_contract(store)
        debtor = new_debtor(contract)
        audit = new_account(contract, None).audit

        async def operation(transaction: Transaction) -> str:
            await transaction.add_debtor(debtor)
            await transaction.add_audit_entries([audit])
            return "done"

        kept = partial(until, url, DEBTORS, 1)
        assert await written_unheard(store, operation, line, kept) == "done"
        await register(store, new_account(contract, None))
    assert await count(url, DEBTORS) == 1
    assert await trail_of(url) == (2, [])


async def test_what_was_taken_away_before_its_commit_was_heard_of_is_not_told_unknown(
    line: Line, url: str
) -> None:
    async with PostgresStore.open(line.url) as store:
        contract, debtor = await payer(store)
        new = new_account(contract, debtor)
        await register(store, new)

        async def operation(transaction: Transaction) -> str:
            if await transaction.bank_account(contract, new.account.id) is None:
                raise BankAccountUnknown
            await transaction.delete_bank_account(contract, new.account.id, NOW)
            await transaction.add_audit_entries([new.audit])
            return "done"

        kept = partial(until, url, AUDITS, 2)
        assert await written_unheard(store, operation, line, kept) == "done"
        with pytest.raises(BankAccountUnknown):
            await store.write(operation)
        await register(store, new_account(contract, debtor))
    assert await trail_of(url) == (3, [])


@pytest.mark.parametrize("a_time", [2, 3, 4])
async def test_a_run_that_finds_other_things_to_do_does_none_of_them(
    line: Line, url: str, a_time: int
) -> None:
    async with PostgresStore.open(line.url) as store:
        contract, debtor = await payer(store)
        news = [new_account(contract, debtor, german_iban(number)) for number in range(5)]
        await asyncio.gather(*[register(store, new) for new in news])
        sizes = iter([2, a_time])

        async def delete_some_that_are_left(transaction: Transaction) -> list[AccountId]:
            held = [await transaction.bank_account(contract, new.account.id) for new in news]
            left = [sealed.account.id for sealed in held if sealed is not None]
            deleted = left[: next(sizes)]
            for account_id in deleted:
                await transaction.delete_bank_account(contract, account_id, NOW)
            await transaction.add_audit_entries(
                [new.audit for new in news if new.account.id in deleted]
            )
            return deleted

        kept = partial(until, url, AUDITS, 7)
        assert await written_unheard(store, delete_some_that_are_left, line, kept) == [
            new.account.id for new in news[:2]
        ]
    assert await count(url, f"{ACCOUNTS} WHERE deleted IS NULL") == 3
    assert await trail_of(url) == (7, [])


async def test_a_run_that_finds_nothing_left_comes_to_what_the_first_came_to(
    line: Line, url: str
) -> None:
    async with PostgresStore.open(line.url) as store:
        contract, debtor = await payer(store)
        new = new_account(contract, debtor)
        await register(store, new)

        async def delete_if_there(transaction: Transaction) -> bool:
            if await transaction.bank_account(contract, new.account.id) is None:
                return False
            await transaction.delete_bank_account(contract, new.account.id, NOW)
            await transaction.add_audit_entries([new.audit])
            return True

        kept = partial(until, url, AUDITS, 2)
        assert await written_unheard(store, delete_if_there, line, kept) is True
        assert await store.write(delete_if_there) is False


async def test_what_another_took_away_meanwhile_is_unknown(line: Line, url: str) -> None:
    async with PostgresStore.open(line.url) as store, PostgresStore.open(url) as other:
        contract, debtor = await payer(store)
        new = new_account(contract, debtor)
        await register(store, new)
        runs = 0

        async def operation(transaction: Transaction) -> None:
            nonlocal runs
            runs += 1
            if await transaction.bank_account(contract, new.account.id) is None:
                raise BankAccountUnknown
            await transaction.add_audit_entries([new.audit])
            if runs == 1:
                await other.write(delete_it)
                line.cut()

        async def delete_it(transaction: Transaction) -> None:
            await transaction.delete_bank_account(contract, new.account.id, NOW)

        with pytest.raises(BankAccountUnknown):
            await store.write(operation)
    assert runs == 2


async def test_a_line_that_is_dead_but_not_cut_is_left_after_a_while(
    line: Line, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perseverance, "_ANSWER_S", 0.3)
    async with PostgresStore.open(line.url) as store:
        contract, debtor = await payer(store)
        await register(store, new_account(contract, None))
        line.is_deaf = True
        new = new_account(contract, debtor)
        registering = register(store, new)
        reading = asyncio.ensure_future(store.read(lambda reader: reader.contract(contract)))
        await until(url, ACCOUNTS, 2)
        await asyncio.sleep(0.3)
        line.is_deaf = False
        assert await registering is new.account
        found = await reading
        assert found is not None
    assert await count(url, ACCOUNTS) == 2


async def test_who_waits_in_vain_for_a_connection_is_told(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_store, "_FREE_S", 0.1)
    async with PostgresStore.open(url, connections=1) as store:
        contract = await add_contract(store)
        begun, end = asyncio.Event(), asyncio.Event()

        async def hold_the_only_one(_reader: Reader) -> None:
            begun.set()
            await end.wait()

        holding = asyncio.ensure_future(store.read(hold_the_only_one))
        await begun.wait()
        with pytest.raises(StoreFailed):
            await store.read(lambda reader: reader.contract(contract))
        end.set()
        await holding
        assert await store.read(lambda reader: reader.contract(contract)) is not None


async def test_a_lock_that_is_held_for_long_fails_only_who_needs_it(url: str) -> None:
    async with PostgresStore.open(url) as store, held_debtor(store, url) as (contract, held):
        free = await add_debtor(store, contract)
        blocked = new_account(contract, held, german_iban(1))
        others = [new_account(contract, free, german_iban(number)) for number in range(3)]
        outcomes = await asyncio.gather(
            *[register(store, new) for new in (*others, blocked)], return_exceptions=True
        )
        assert outcomes[:3] == [new.account for new in others]
        assert isinstance(outcomes[3], LockedTooLong)


async def test_a_lock_in_the_way_of_many_is_told_to_all_before_long(url: str) -> None:
    loop = asyncio.get_running_loop()
    async with PostgresStore.open(url) as store, held_debtor(store, url) as (contract, held):
        free = await add_debtor(store, contract)
        blocked = [new_account(contract, held, german_iban(number)) for number in range(12)]
        last = new_account(contract, free, german_iban(12))
        asked = loop.time()
        outcomes = await asyncio.gather(
            *[register(store, new) for new in (*blocked, last)], return_exceptions=True
        )
        assert loop.time() - asked < TOLD_WITHIN_S
        assert {type(outcome) for outcome in outcomes[:12]} == {LockedTooLong}
        assert outcomes[12] == last.account
        assert await lock_timeouts(store) == {"1900ms"}


async def lock_timeouts(store: PostgresStore) -> set[str]:
    """Return how long the connections of the lane wait for a lock, once it is at rest."""
    tracks = store._lane._tracks
    async with asyncio.timeout(10):
        while any(track.work for track in tracks):  # noqa: ASYNC110  # turns of the event loop
            await asyncio.sleep(0)
    opened = [track._connection for track in tracks if track._connection]
    return {await connection.fetchval("SHOW lock_timeout") for connection in opened}


async def test_a_batch_that_a_lock_holds_is_not_waited_for(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "_LATE_S", 0.0)
    async with PostgresStore.open(url) as store, held_debtor(store, url) as (contract, held):
        free = await add_debtor(store, contract)
        blocked = register(store, new_account(contract, held, german_iban(1)))
        await until(url, "SELECT count(*) FROM pg_locks WHERE NOT granted", 1)
        new = new_account(contract, free, german_iban(2))
        assert await register(store, new) == new.account
        assert not blocked.done()
        with pytest.raises(LockedTooLong):
            await blocked


async def test_of_a_divided_batch_only_one_finds_out_that_the_database_has_gone(
    line: Line, url: str
) -> None:
    tried: list[object] = []

    async def poisoned(transaction: Transaction, commands: Sequence[int]) -> Sequence[int]:
        tried.append(commands)
        if len(commands) > 1:
            raise ValueError
        raise StoreFailed

    async with PostgresStore.open(line.url) as store:
        asked = [store.write_batched(poisoned, partial(int, number)) for number in range(4)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreFailed] * 4
    assert tried == [[0, 1, 2, 3], [0]]


async def test_a_lock_after_a_lost_connection_may_be_that_one_s_own(line: Line, url: str) -> None:
    async with PostgresStore.open(line.url) as store, held_debtor(store, url) as (contract, held):
        asked = register(store, new_account(contract, held, german_iban(1)))
        await until(url, "SELECT count(*) FROM pg_locks WHERE NOT granted", 1)
        line.cut()
        with pytest.raises(StoreFailed):
            await asked


@asynccontextmanager
async def held_debtor(store: Store, url: str) -> AsyncIterator[tuple[ContractId, DebtorRef]]:
    """Hold a debtor's row, as who deletes it does."""
    contract, debtor = await payer(store)
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.execute("SELECT FROM debtor WHERE id = $1 FOR UPDATE", debtor.id)
        yield contract, debtor
    await connection.close()


# --- the server is lost ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """Return a server of this file's own, which keeps what it commits."""
    with running_postgres(is_forgetful=False) as started:
        yield started


@pytest.fixture
def own_url(server: PostgresServer) -> str:
    return server.create_migrated()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
async def test_a_server_that_restarts_loses_and_doubles_nothing(
    server: PostgresServer, own_url: str, how: signal.Signals
) -> None:
    async with PostgresStore.open(own_url) as store:
        contract, debtor = await payer(store)
        restarting = asyncio.create_task(asyncio.to_thread(restart, server, how))
        kept: set[object] = set()
        number = 0
        while not restarting.done():
            news = [new_account(contract, debtor, german_iban(number + n)) for n in range(8)]
            number += 8
            outcomes = await asyncio.gather(
                *[register(store, new) for new in news], return_exceptions=True
            )
            kept |= {
                new.account.id
                for new, outcome in zip(news, outcomes, strict=True)
                if outcome is new.account
            }
            assert {type(it) for it in outcomes} <= {BankAccount, StoreFailed}
        await restarting
        new = new_account(contract, debtor, german_iban(number))
        assert await register(store, new) is new.account
        kept.add(new.account.id)
    connection = await asyncpg.connect(own_url)
    rows = await connection.fetch("SELECT id, fingerprint FROM bank_account")
    await connection.close()
    assert kept <= {row["id"] for row in rows}
    assert len({row["fingerprint"] for row in rows}) == len(rows)


def restart(server: PostgresServer, how: signal.Signals) -> None:
    server.stop(how)
    server.start()


async def test_a_server_that_stays_away_is_told_and_comes_back(
    server: PostgresServer,
    own_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(perseverance, "_PATIENCE_S", 0.3)
    monkeypatch.setattr(perseverance, "_OUTAGE", Outage())
    caplog.set_level(logging.WARNING, logger=perseverance.__name__)
    async with PostgresStore.open(own_url) as store:
        contract, debtor = await payer(store)
        await asyncio.to_thread(server.stop)
        try:
            with pytest.raises(StoreFailed):
                await register(store, new_account(contract, debtor))
            with pytest.raises(StoreFailed):
                await store.read(lambda reader: reader.contract(contract))
        finally:
            await asyncio.to_thread(server.start)
        new = new_account(contract, debtor)
        assert await register(store, new) is new.account
    lost, back = (record.getMessage() for record in caplog.records)
    assert lost.startswith("the database can't be used (")
    assert back == "the database can be used again"
