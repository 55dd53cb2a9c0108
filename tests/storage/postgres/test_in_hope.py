"""Batches that are all new: added by one statement in hope, and what becomes of those that are not.

What is added, told and written down is the same as where there is no hope, which hypothesis tries.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
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
)
from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.ports import (
    KeyedBankAccount,
    KeyedDebtor,
    KeyUse,
    NewBankAccount,
    Transaction,
)
from lastschrift.operations.register_bank_account import register_bank_accounts
from lastschrift.operations.register_bank_account_once import register_keyed_bank_accounts
from lastschrift.operations.register_debtor_once import register_keyed_debtors
from lastschrift.storage.chaining import Chain, Heads
from lastschrift.storage.codec import Value
from lastschrift.storage.hope import WITHOUT_MIN
from lastschrift.storage.postgres import adding, batch
from lastschrift.storage.postgres.adding_debtors import add_all_keyed
from lastschrift.storage.postgres.connecting import (
    BATCH_WAIT_MS,
    STATEMENT_BYTES_MAX,
    Connection,
    Primary,
)
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.postgres.store import PostgresStore
from lastschrift.storage.statements.idempotency import CLAIM_KEY
from tests.audit.trails import verified
from tests.databases import lent_database
from tests.postgres import name_in
from tests.storage.filling import (
    IDS,
    NOW,
    add_contract,
    add_debtor,
    audited_debtor,
    german_iban,
    keyed_account,
    keyed_debtor,
    new_account,
    new_audit_entry,
)
from tests.storage.tried import BATCHES, Tried

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("undivided")]

IN_HOPE = ["add_all"]
IN_HOPE_KEYED = ["add_all_keyed"]
WAIT = "SELECT extract(epoch FROM current_setting('lock_timeout')::interval) * 1000"
ASKED = ["WHY_LEFT_OUT", "KEYS_IN_USE"]
CAREFULLY = ["ADD_ACCOUNTS"]
ASKED_WHY = ["KEPT_BEFORE", "WHY_LEFT_OUT"]

Outcome = BankAccount | DomainError
T = TypeVar("T")


class Merchant:
    """A contract in a store, and whoever an account may be for, or may not."""

    def __init__(self, store: PostgresStore, contract: ContractId, debtors: Sequence[Any]) -> None:
        self.store = store
        self.contract = contract
        self.debtors: Sequence[DebtorRef | None] = debtors

    def new(self, number: int, whose: int = 0, **told: Any) -> NewBankAccount:  # noqa: ANN401  # as `new_account`
        """Return an account that is to be kept, of the customer if nobody else is named."""
        return new_account(self.contract, self.debtors[whose], german_iban(number), **told)

    async def register(self, *accounts: NewBankAccount) -> list[Outcome]:
        """Register accounts, each by a request of its own, all at once."""
        write = self.store.write_batched
        outcomes: list[Outcome] = await asyncio.gather(
            *[write(register_bank_accounts, partial(_same, new)) for new in accounts]
        )
        return outcomes

    async def statements(self) -> list[str]:
        """Return a list that names every statement of batches from now on."""
        await self.register(self.new(999, NOBODYS))  # there is a connection then
        named: list[str] = []
        for track in self.store._lane._tracks:
            if track._connection is not None:
                track._connection.add_query_logger(partial(_name, named))
        return named


CUSTOMER, NOBODYS, GONE, UNKNOWN, MISTAKEN = range(5)


def _same(command: T) -> T:
    return command


def _name(named: list[str], record: asyncpg.connection.LoggedQuery) -> None:
    """Add the name of a statement, if it is one of ours: the driver has some of its own."""
    if record.query.startswith(adding.add_all_sql(1).partition("$1")[0]):
        named.append("add_all_keyed" if "idempotency_key" in record.query else "add_all")
    named.extend(name for name, text in vars(batch).items() if text == record.query)


async def a_merchant(store: PostgresStore) -> Merchant:
    contract = await add_contract(store)
    customer, gone = await add_debtor(store, contract), await add_debtor(store, contract)
    await store.write(lambda transaction: transaction.delete_debtor(contract, gone.id, NOW))
    unknown = DebtorRef(DebtorId(IDS.new_id()), DebtorKind.CUSTOMER)
    mistaken = replace(customer, kind=DebtorKind.SERVICE_IDENTITY)
    return Merchant(store, contract, [customer, None, gone, unknown, mistaken])


@pytest.fixture
async def merchant(url: str) -> AsyncIterator[Merchant]:
    async with PostgresStore.open(url) as store:
        yield await a_merchant(store)


async def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    connection: Connection = await asyncpg.connect(url)
    try:
        return list(map(tuple, await connection.fetch(statement)))
    finally:
        await connection.close()


async def count(url: str, table: str) -> int:
    return int((await rows(url, f"SELECT count(*) FROM {table}"))[0][0])


async def faults(url: str) -> Sequence[object]:
    return (await verified(PostgresInstallation(url, url))).faults


# --- which batches --------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 2, 8, 9, 64, 65, 200])
async def test_what_is_all_new_is_added_by_one_statement(
    merchant: Merchant, url: str, length: int
) -> None:
    statements = await merchant.statements()
    new = [merchant.new(number) for number in range(length)]
    assert await merchant.register(*new) == [each.account for each in new]
    assert statements == IN_HOPE
    assert await count(url, "bank_account") == await count(url, "audit_entry") == length + 1
    assert not await faults(url)


async def test_one_that_is_there_already_is_told_and_its_neighbours_stay(
    merchant: Merchant, url: str
) -> None:
    first = merchant.new(1)
    await merchant.register(first)
    statements = await merchant.statements()
    new = [merchant.new(number) for number in (2, 1, 3)]
    outcomes = await merchant.register(*new)
    assert statements == IN_HOPE + CAREFULLY + ASKED_WHY
    assert outcomes[::2] == [new[0].account, new[2].account]
    assert isinstance(outcomes[1], BankAccountAlreadyRegistered)
    assert outcomes[1].account_id == first.account.id
    assert await count(url, "bank_account") == await count(url, "audit_entry") == 4
    assert not await faults(url)


async def test_why_is_told_for_each(merchant: Merchant, url: str) -> None:
    taken = merchant.new(1)
    await merchant.register(taken)
    outcomes = await merchant.register(
        *[merchant.new(2, whose) for whose in (GONE, UNKNOWN, MISTAKEN)],
        merchant.new(3, account_id=taken.account.id),
        merchant.new(1),
        merchant.new(1, NOBODYS),
    )
    assert [type(outcome) for outcome in outcomes] == [
        *[DebtorAccessDenied] * 3,
        AccountIdTaken,
        BankAccountAlreadyRegistered,
        BankAccount,
    ]
    assert await count(url, "bank_account") == await count(url, "audit_entry") == 2
    assert not await faults(url)


async def test_after_one_in_vain_some_are_not_tried(merchant: Merchant, url: str) -> None:
    await merchant.register(merchant.new(0))
    await merchant.register(merchant.new(0))
    statements = await merchant.statements()
    for number in range(WITHOUT_MIN):
        await merchant.register(merchant.new(1 + number))
    assert statements == CAREFULLY * (WITHOUT_MIN - 1) + IN_HOPE
    assert not await faults(url)


async def test_what_was_written_down_before_is_not_undone_with_it(
    merchant: Merchant, url: str
) -> None:
    async def operation(transaction: Transaction, new: Sequence[NewBankAccount]) -> list[Outcome]:
        entries = [new_audit_entry(merchant.contract, IDS.new_id()) for _ in new]
        await transaction.add_audit_entries(entries)
        return await register_bank_accounts(transaction, new)

    await merchant.register(merchant.new(1))
    outcome = await merchant.store.write_batched(operation, lambda: merchant.new(1))
    assert isinstance(outcome, BankAccountAlreadyRegistered)
    await merchant.register(merchant.new(2))
    assert await count(url, "audit_entry") == 3
    assert not await faults(url)


# --- under idempotency keys -----------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 9, 200])
async def test_what_is_all_new_under_new_keys_is_added_by_one_statement(
    merchant: Merchant, url: str, length: int
) -> None:
    statements = await merchant.statements()
    assert await keyed(merchant, *map(merchant.new, range(length))) == [True] * length
    assert statements == IN_HOPE_KEYED
    for table, rows_more in (("bank_account", 1), ("audit_entry", 1), ("idempotency_key", 0)):
        assert await count(url, table) == length + rows_more
    assert not await faults(url)


async def test_what_is_in_the_way_is_asked_for_and_the_rest_is_added(
    merchant: Merchant, url: str
) -> None:
    await merchant.register(merchant.new(2))
    statements = await merchant.statements()
    assert await keyed(merchant, *map(merchant.new, (1, 2, 3))) == [True, False, True]
    assert statements == IN_HOPE_KEYED + ASKED + IN_HOPE_KEYED
    assert await count(url, "bank_account") == 4
    assert not await faults(url)


async def test_without_hope_it_is_asked_first(merchant: Merchant, url: str) -> None:
    await merchant.register(merchant.new(2))
    await keyed(merchant, merchant.new(2))
    statements = await merchant.statements()
    assert await keyed(merchant, *map(merchant.new, (1, 2, 3))) == [True, False, True]
    assert statements == ASKED + IN_HOPE_KEYED
    assert not await faults(url)


async def keyed(merchant: Merchant, *accounts: NewBankAccount) -> list[bool]:
    """Register accounts, each under a key of its own, all at once."""
    write = merchant.store.write_batched
    made = map(keyed_account, accounts)
    return await asyncio.gather(
        *[write(register_keyed_bank_accounts, partial(_same, each)) for each in made]
    )


async def test_a_key_is_claimed_before_its_account_is_added(merchant: Merchant, url: str) -> None:
    """As by whoever does one at a time: in another order two could wait for each other."""
    waiting = keyed_account(merchant.new(1))
    async with connected(url) as holder, connected(url) as other:
        held = holder.transaction()
        await held.start()
        claim = CLAIM_KEY, *_use_values(waiting.use)
        assert await holder.fetch(*claim)
        asked: asyncio.Future[bool] = asyncio.ensure_future(
            merchant.store.write_batched(register_keyed_bank_accounts, lambda: waiting)
        )
        await until_one_waits(other)
        same = adding.add_all_values([merchant.new(1)], [None], IDS.new_id(), 1)
        await asyncio.wait_for(other.execute(adding.add_all_sql(1), *same), 1)
        await held.rollback()
        assert await asked is False


async def test_whoever_waits_too_long_for_a_key_holds_up_no_neighbour_for_longer(
    merchant: Merchant, url: str
) -> None:
    one, other = keyed_account(merchant.new(1)), keyed_account(merchant.new(2))
    statements = await merchant.statements()
    async with connected(url) as holder:
        held = holder.transaction()
        await held.start()
        assert await holder.fetch(CLAIM_KEY, *_use_values(one.use))
        write = merchant.store.write_batched
        asked = [write(register_keyed_bank_accounts, partial(_same, each)) for each in (one, other)]
        async with asyncio.timeout(1.5):  # where some two seconds are waited for a lock elsewhere
            assert await asyncio.gather(*asked) == [False, False]
        await held.rollback()
    assert statements == IN_HOPE_KEYED  # once: to wait again is left to each by itself
    for track in merchant.store._lane._tracks:
        if track._connection is not None:
            alone_ms = await track._connection.fetchval(WAIT)
            assert alone_ms + BATCH_WAIT_MS == 2_000
    assert await merchant.register(merchant.new(1))
    assert not await faults(url)


async def test_so_it_is_with_debtors(merchant: Merchant, url: str) -> None:
    one, other = (keyed_debtor(audited_debtor(merchant.contract)) for _ in range(2))
    async with connected(url) as holder:
        held = holder.transaction()
        await held.start()
        assert await holder.fetch(CLAIM_KEY, *_use_values(one.use))
        write = merchant.store.write_batched
        asked = [write(register_keyed_debtors, partial(_same, each)) for each in (one, other)]
        async with asyncio.timeout(1.5):
            assert await asyncio.gather(*asked) == [False, False]
        await held.rollback()
    assert await write(register_keyed_debtors, partial(_same, one))
    assert not await faults(url)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    connection = await Primary(url).connect()
    try:
        yield connection
    finally:
        await connection.close()


async def until_one_waits(connection: Connection) -> None:
    """Return once some connection to this database waits for another one's transaction."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(10):
        while not await connection.fetchval(waiting):  # noqa: ASYNC110  # another process tells
            await asyncio.sleep(0.005)


def _use_values(use: KeyUse) -> tuple[object, ...]:
    return (
        use.contract_id,
        use.operation,
        use.key_hash,
        use.command_hash,
        use.result_sealed,
        use.created,
        use.expires,
    )


# --- what becomes of them -------------------------------------------------------------------------


@settings(max_examples=40)
@given(batches=BATCHES)
def test_nobody_can_tell_it_from_one_without_hope(batches: list[list[Tried]]) -> None:
    async def both(url: str) -> None:
        async with PostgresStore.open(url) as store:
            one, other = await a_merchant(store), await a_merchant(store)
            hopeful = await _outcomes(one, batches, may_hope=True)
            assert hopeful == await _outcomes(other, batches, may_hope=False)
        assert await _kept(url, one.contract) == await _kept(url, other.contract)
        assert not await faults(url)

    with lent_database("postgres", Path()) as database:
        assert isinstance(database, PostgresInstallation)
        asyncio.run(both(database._url))


async def _outcomes(
    merchant: Merchant, batches: Sequence[Sequence[Tried]], *, may_hope: bool
) -> list[object]:
    """Return what is told, with the order in which accounts came in the place of their ids."""
    ids = [AccountId(IDS.new_id()) for _ in range(3)]
    told: list[object] = []
    places: dict[AccountId, int] = {}
    for tried in batches:
        merchant.store._lane._hope._left = 0 if may_hope else 1
        made = [_made(merchant, ids, *each) for each in tried]
        for new in made:
            places.setdefault(new.account.id, len(places))
        for outcome in await merchant.register(*made):
            held: Any = getattr(outcome, "account_id", None) or getattr(outcome, "id", None)
            told.append((type(outcome), places.get(held)))
    return told


def _made(
    merchant: Merchant, ids: Sequence[AccountId], number: int, whose: int, taken: int | None
) -> NewBankAccount:
    new = merchant.new(number, whose)
    if taken is None:
        return new
    account = replace(new.account, id=ids[taken])
    return replace(new, account=account, audit=new_audit_entry(merchant.contract, account.id))


async def _kept(url: str, contract: ContractId) -> list[Any]:
    """Return what a contract's accounts look like without their ids, and what was written down."""
    of_it = f"WHERE contract_id = '{contract}'"
    accounts = await rows(
        url,
        "SELECT fingerprint, debtor_id IS NULL, iban_country, iban_last_four, bic, bank_name, "
        f"owner, holder, created, folded_owner FROM bank_account {of_it} ORDER BY 1, 2, id",
    )
    entries = await rows(
        url, f"SELECT at, client_id, action, debtor_id, source FROM audit_entry {of_it}"
    )
    return [accounts, entries]


# --- what others see of it ------------------------------------------------------------------------


@pytest.mark.parametrize("whose", [CUSTOMER, UNKNOWN])
async def test_what_the_servers_log_is_told_has_nothing_of_the_payer(
    merchant: Merchant, url: str, whose: int
) -> None:
    new = merchant.new(73_916_482, whose, owner="Erika Mustermann")
    if whose == CUSTOMER:
        await merchant.register(new)
    error = await _refusal(
        url, replace(new, audit=new_audit_entry(merchant.contract, IDS.new_id()))
    )
    logged = f"{error} {error.detail} {error.hint} {error.context}".casefold()
    assert "unique constraint" in logged or "no debtor" in logged
    account = new.account
    for secret in ("erika", "mustermann", new.sealed_iban.hex(), account.iban_last_four, "coba"):
        assert secret not in logged


async def test_nor_has_it_anything_of_a_request_under_a_used_key(
    merchant: Merchant, url: str
) -> None:
    first, again = (merchant.new(73_916_482 + n, owner="Erika Mustermann") for n in range(2))
    use = replace(keyed_account(first).use, command_hash=b"command", result_sealed=b"result")
    assert await merchant.store.write_batched(
        register_keyed_bank_accounts, lambda: KeyedBankAccount(first, use)
    )
    error = await _refusal(url, again, use)
    logged = f"{error} {error.detail} {error.hint} {error.context}".casefold()
    assert "idempotency_key_pkey" in logged
    for secret in ("mustermann", again.sealed_iban.hex(), b"command".hex(), b"result".hex()):
        assert secret not in logged


async def test_nor_has_it_anything_of_a_customer_under_a_used_key(
    merchant: Merchant, url: str
) -> None:
    new = audited_debtor(merchant.contract)
    new = replace(new, debtor=replace(new.debtor, contact=Party(family_name="Mustermann")))
    use = replace(keyed_debtor(new).use, command_hash=b"command", result_sealed=b"result")
    keyed = KeyedDebtor(new, use)
    assert await merchant.store.write_batched(register_keyed_debtors, lambda: keyed)
    chain = Chain(Heads())
    block = chain.draft([new.audit])
    links = chain.close(block)
    error = await _failure(url, *add_all_keyed([keyed], block.entries, links, IDS.new_id()))
    logged = f"{error} {error.detail} {error.hint} {error.context}".casefold()
    assert "idempotency_key_pkey" in logged
    for secret in ("mustermann", b"command".hex(), b"result".hex()):
        assert secret not in logged


async def _refusal(url: str, new: NewBankAccount, *uses: KeyUse) -> asyncpg.PostgresError:
    values = adding.add_all_values([new], [None], IDS.new_id(), 1, uses)
    return await _failure(url, adding.add_all_sql(1, has_keys=bool(uses)), *values)


async def _failure(url: str, statement: str, *values: Value) -> asyncpg.PostgresError:
    talkative = f"ALTER DATABASE {name_in(url)} SET log_parameter_max_length_on_error = -1"
    await rows(url, talkative)
    connection: Connection = await Primary(url).connect()
    try:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await connection.execute(statement, *values)
        return refused.value
    finally:
        await connection.close()
        await rows(url, talkative.replace("-1", "DEFAULT"))


def test_the_longest_statement_is_kept_ready() -> None:
    assert len(adding.add_all_sql(adding.ROWS_MAX, has_keys=True)) <= STATEMENT_BYTES_MAX
