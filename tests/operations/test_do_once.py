"""Commands under an idempotency key: done once, answered each time, for thirty days."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lastschrift.apis.secuconnect.parse import parse_create_container
from lastschrift.domain.access import Principal
from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.banks import Bank
from lastschrift.domain.bic import Bic
from lastschrift.domain.debtor import Debtor, DebtorRef
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    DebtorAccessDenied,
    IdempotencyKeyTaken,
    LockedTooLong,
    RequestStillRunning,
    ResultDeleted,
)
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import ClientId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.assign_bank_account import (
    AssignBankAccount,
    assign_bank_account_once,
)
from lastschrift.operations.auditing import READ
from lastschrift.operations.do_once import KEPT_FOR, KeyedCommand, Once, do_once
from lastschrift.operations.drop_expired_keys import drop_expired_keys
from lastschrift.operations.list_debtors import list_debtors
from lastschrift.operations.ports import Command, Ports, Result, Store, Transaction
from lastschrift.operations.register_bank_account import RegisterBankAccount
from lastschrift.operations.register_bank_account_once import (
    _content,
    _readings,
    register_bank_account_once,
)
from lastschrift.operations.register_debtor import RegisterDebtor
from lastschrift.operations.register_debtor_once import register_debtor_once
from lastschrift.operations.reveal_bank_accounts import reveal_bank_accounts
from tests.databases import looking_into
from tests.holders import holder_of
from tests.house import House
from tests.operations.merchants import ALL, Merchant, merchant_of
from tests.storage.filling import NOW, OTHER_IBAN, SEED_IBAN

T = TypeVar("T")

TEXT = "order-4711-of-john.doe@example.com"
KEY = IdempotencyKey.parse(TEXT)
NOBODY = DebtorId(UUID(int=1))
CONTACT = Party(given_name="John", family_name="Doe")


def account(merchant: Merchant, debtor: DebtorRef | None = None) -> RegisterBankAccount:
    return RegisterBankAccount(
        contract_id=merchant.contract,
        client_id=merchant.client,
        debtor=debtor or merchant.debtor,
        account_id=None,
        iban=SEED_IBAN,
        bic="COBADEFFXXX",
        bank_name="Commerzbank",
        owner="John Doe",
        holder=holder_of(debtor or merchant.debtor),
    )


def payer(merchant: Merchant, contact: Party = CONTACT) -> RegisterDebtor:
    return RegisterDebtor(contract_id=merchant.contract, client_id=merchant.client, contact=contact)


async def register(
    merchant: Merchant, command: RegisterBankAccount | None = None
) -> Once[RevealedBankAccount]:
    command = command or account(merchant)
    return await register_bank_account_once(merchant.house.ports, command, KEY)


async def save(
    merchant: Merchant, contact: Party = CONTACT, key: IdempotencyKey = KEY
) -> Once[Debtor]:
    return await register_debtor_once(merchant.house.ports, payer(merchant, contact), key)


async def customers(merchant: Merchant) -> int:
    """Return how many customers there are beside the merchant's first."""
    return (await list_debtors(merchant.house.ports, merchant.contract, ALL)).total - 1


async def accounts(merchant: Merchant) -> int:
    return (await reveal_bank_accounts(merchant.house.ports, merchant.contract, ALL)).total


async def count(house: House, what: str) -> int:
    async with looking_into(house.database) as looking:
        ((found,),) = await looking.rows(f"SELECT count(*) FROM {what}")
    return int(found)


# --- the same command -----------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_bank_account_is_registered_once_and_answered_twice(house: House) -> None:
    merchant = await merchant_of(house)
    first = await register(merchant)
    house.clock.advance(60)
    second = await register(merchant)
    assert (first.is_replayed, second.is_replayed) == (False, True)
    assert first.result == second.result
    assert await accounts(merchant) == 1
    assert await count(house, "audit_entry WHERE action = 'bank_account.registered'") == 1


@pytest.mark.anyio
async def test_a_debtor_is_saved_once_and_answered_twice(house: House) -> None:
    merchant = await merchant_of(house)
    first = await save(merchant)
    house.clock.advance(60)
    second = await save(merchant)
    assert (first.is_replayed, second.is_replayed) == (False, True)
    assert first.result == second.result
    assert await customers(merchant) == 1


class DeafStore:
    """A store that does each thing alone, and again, as it does not hear of its first COMMIT."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read = store.read

    async def write_batched(self, _operation: object, _make_command: object) -> bool:
        """Leave what comes with a key to who asked."""
        return False

    async def write(self, operation: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        await self._store.write(operation)
        return await self._store.write(operation)


@pytest.mark.anyio
async def test_what_the_store_did_twice_is_no_replay_to_who_asked_once(house: House) -> None:
    merchant = await merchant_of(house)
    ports = house.ports
    deaf = Ports(DeafStore(ports.store), ports.vault, ports.clock, ports.ids)  # type: ignore[arg-type]  # it scans nothing
    assert not (await register_debtor_once(deaf, payer(merchant), KEY)).is_replayed
    assert (await save(merchant)).is_replayed
    assert await customers(merchant) == 1


@pytest.mark.anyio
async def test_another_client_of_the_contract_may_ask_again(house: House) -> None:
    merchant = await merchant_of(house)
    first = await register(merchant)
    other = replace(account(merchant), client_id=ClientId(UUID(int=1)))
    assert (await register(merchant, other)).result == first.result


@pytest.mark.anyio
async def test_of_many_at_once_one_is_done_and_all_are_answered(house: House) -> None:
    merchant = await merchant_of(house)
    once = await asyncio.gather(*[save(merchant) for _ in range(64)])
    assert sum(not each.is_replayed for each in once) == 1
    assert len({each.result.id for each in once}) == 1
    assert await customers(merchant) == 1


@pytest.mark.anyio
async def test_of_many_accounts_at_once_one_is_registered(house: House) -> None:
    merchant = await merchant_of(house)
    once = await asyncio.gather(*[register(merchant) for _ in range(64)])
    assert sum(not each.is_replayed for each in once) == 1
    assert len({each.result.account.id for each in once}) == 1
    assert await accounts(merchant) == 1


class ForgetfulStore:
    """A store that does each operation twice, as if of the first COMMIT nothing had been heard."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read = store.read
        self.scan = store.scan
        self.recall = store.recall
        self.purge = store.purge

    async def write_batched(
        self,
        operation: Callable[
            [Transaction, Sequence[Command]], Coroutine[Any, Any, Sequence[Result]]
        ],
        make_command: Callable[[], Command],
    ) -> Result:
        """Keep what comes with a key, and leave it to who asked to find out."""
        assert await self._store.write_batched(operation, make_command)
        return cast("Result", False)  # noqa: FBT003  # whether it was kept

    async def write(self, operation: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        await self._store.write(operation)
        return await self._store.write(operation)


@pytest.mark.anyio
async def test_a_commit_that_was_not_heard_of_is_found_again(house: House) -> None:
    merchant = await merchant_of(house)
    real = house.ports
    forgetful = Ports(ForgetfulStore(house.store), real.vault, real.clock, real.ids)
    kept = await register_bank_account_once(forgetful, account(merchant), KEY)
    assert not kept.is_replayed
    assert await accounts(merchant) == 1
    assert (await register(merchant)).result == kept.result


# --- another command ------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_another_account_under_the_key_is_refused(house: House) -> None:
    merchant = await merchant_of(house)
    await register(merchant)
    for other in (
        replace(account(merchant), iban=OTHER_IBAN),
        replace(account(merchant), owner="Jane Doe"),
        replace(account(merchant), bic="COBADEFF"),
        account(merchant, await merchant.add_debtor()),
    ):
        with pytest.raises(IdempotencyKeyTaken):
            await register(merchant, other)
    assert await accounts(merchant) == 1


@pytest.mark.anyio
async def test_another_debtor_under_the_key_is_refused(house: House) -> None:
    merchant = await merchant_of(house)
    await save(merchant)
    with pytest.raises(IdempotencyKeyTaken):
        await save(merchant, Party(given_name="Jane", family_name="Doe"))
    assert await customers(merchant) == 1


@pytest.mark.anyio
async def test_another_key_another_verb_another_contract_are_another_thing(house: House) -> None:
    ours, theirs = await merchant_of(house), await merchant_of(house)
    await save(ours)
    assert not (await save(ours, key=IdempotencyKey.parse(TEXT.upper()))).is_replayed
    assert not (await register(ours)).is_replayed
    assert not (await save(theirs)).is_replayed


# --- what is not kept -----------------------------------------------------------------------------


@pytest.mark.anyio
async def test_what_fails_leaves_its_key_unused(house: House) -> None:
    merchant = await merchant_of(house)
    held = await merchant.register()
    with pytest.raises(BankAccountAlreadyRegistered):
        await register(merchant)
    with pytest.raises(DebtorAccessDenied):
        await register(merchant, account(merchant, DebtorRef(NOBODY, merchant.debtor.kind)))
    assert await count(house, "idempotency_key") == 0
    await merchant.delete(held.account.id)
    assert not (await register(merchant)).is_replayed


@pytest.mark.anyio
async def test_what_has_been_deleted_since_is_told_so(house: House) -> None:
    merchant = await merchant_of(house)
    made = await register(merchant)
    await merchant.delete(made.result.account.id)
    with pytest.raises(ResultDeleted):
        await register(merchant)
    assert await accounts(merchant) == 0


@pytest.mark.anyio
async def test_a_key_is_kept_for_thirty_days(house: House) -> None:
    merchant = await merchant_of(house)
    await save(merchant)
    house.clock.advance(KEPT_FOR.total_seconds() - 1)
    assert (await save(merchant)).is_replayed
    house.clock.advance(1)
    assert not (await save(merchant)).is_replayed
    assert await customers(merchant) == 2
    assert await count(house, "idempotency_key") == 1


@pytest.mark.anyio
async def test_expired_keys_of_all_contracts_are_forgotten(house: House) -> None:
    merchants = [await merchant_of(house) for _ in range(3)]
    for merchant in merchants:
        await save(merchant)
    house.clock.advance(KEPT_FOR.total_seconds() - 1)
    assert await drop_expired_keys(house.ports) == 0
    await save(merchants[0], key=IdempotencyKey.parse("later"))
    house.clock.advance(1)
    assert await drop_expired_keys(house.ports) == 3
    assert await count(house, "idempotency_key") == 1


@pytest.mark.anyio
async def test_more_keys_than_fit_one_piece_are_forgotten(house: House) -> None:
    merchant = await merchant_of(house)
    await asyncio.gather(
        *[save(merchant, key=IdempotencyKey.parse(str(number))) for number in range(205)]
    )
    house.clock.advance(KEPT_FOR.total_seconds())
    assert await drop_expired_keys(house.ports) == 205


@pytest.mark.anyio
async def test_of_key_and_command_nothing_can_be_read_in_the_database(house: House) -> None:
    merchant = await merchant_of(house)
    made = await register(merchant)
    async with looking_into(house.database) as looking:
        (row,) = await looking.rows("SELECT * FROM idempotency_key")
    written = b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    for clear in (TEXT.encode(), SEED_IBAN.reveal().encode(), made.result.account.id.bytes):
        assert clear not in written


# --- still running --------------------------------------------------------------------------------


class LockedStore(ForgetfulStore):
    """A store where somebody else holds for too long what is needed."""

    async def write(self, operation: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        raise LockedTooLong


@pytest.mark.anyio
async def test_a_key_that_is_held_too_long_is_told_to_be_still_running(house: House) -> None:
    merchant = await merchant_of(house)
    real = house.ports
    locked = Ports(LockedStore(house.store), real.vault, real.clock, real.ids)
    with pytest.raises(RequestStillRunning) as caught:
        await register_debtor_once(locked, payer(merchant), KEY)
    assert caught.value.retry_after_s == 1


@pytest.mark.anyio
async def test_what_is_held_beside_the_key_does_not_make_it_run_still(house: House) -> None:
    merchant = await merchant_of(house)
    keyed = KeyedCommand(
        contract_id=merchant.contract, operation="wait", key=KEY, content=b"the same"
    )

    async def held(transaction: Transaction) -> None:
        raise LockedTooLong

    async def free(transaction: Transaction) -> None:
        pass

    with pytest.raises(LockedTooLong):
        await do_once(house.ports, keyed, UUID(int=1), held)
    assert await do_once(house.ports, keyed, UUID(int=2), free) is None


@pytest.mark.anyio
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_a_request_waits_for_the_one_that_runs_but_not_for_ever(house: House) -> None:
    merchant = await merchant_of(house)
    keyed = KeyedCommand(
        contract_id=merchant.contract, operation="wait", key=KEY, content=b"the same"
    )
    is_claimed, may_end = asyncio.Event(), asyncio.Event()

    async def slow(transaction: Transaction) -> None:
        is_claimed.set()
        await may_end.wait()

    async def quick(transaction: Transaction) -> None:
        raise AssertionError

    first = asyncio.create_task(do_once(house.ports, keyed, UUID(int=1), slow))
    await is_claimed.wait()
    with pytest.raises(RequestStillRunning):
        await do_once(house.ports, keyed, UUID(int=2), quick)
    second = asyncio.create_task(do_once(house.ports, keyed, UUID(int=2), quick))
    may_end.set()
    assert await first is None
    assert await second == UUID(int=1)


# --- what makes a command the same ----------------------------------------------------------------

MEMBERS = [
    '"type": "bank_account"',
    '"customer": null',
    '"ignored": 1',
    '"private": {"owner": "John Doe", "iban": "de89 3704 0044 0532 0130 00"}',
]
PRINCIPAL = Principal(
    contract_id=ContractId(UUID(int=1)),
    client_id=ClientId(UUID(int=2)),
    debtor=None,
    scopes=frozenset(),
    expires=NOW,
)


def content_of(members: list[str]) -> bytes:
    body = f"{{{', '.join(members)}}}".encode()
    command = parse_create_container(body, PRINCIPAL)
    return _content(command, _readings(command)[0])


@given(st.permutations(MEMBERS))
def test_the_order_of_members_makes_no_other_command(members: list[str]) -> None:
    assert content_of(members) == content_of(MEMBERS)


@pytest.mark.parametrize(
    "private",
    [
        '{"iban": "DE89370400440532013000", "owner": "John Doe"}',
        '{"iban": "DE89370400440532013000", "owner": "John Doe", "bic": "COBADEFFXXX"}',
        '{"iban": "DE89370400440532013000", "owner": "John Doe", "bankname": "Sparkasse"}',
    ],
)
def test_what_comes_to_the_same_account_is_the_same_command(private: str) -> None:
    assert content_of([f'"private": {private}']) == content_of(MEMBERS)


@pytest.mark.parametrize(
    "private",
    [
        '{"iban": "DE37503240001000000524", "owner": "John Doe"}',
        '{"iban": "DE89370400440532013000", "owner": "Jon Doe"}',
        '{"iban": "DE89370400440532013000", "owner": "John Doe", "bic": "COBADEFF370"}',
    ],
)
def test_what_comes_to_another_account_is_another_command(private: str) -> None:
    assert content_of([f'"private": {private}']) != content_of(MEMBERS)


def registered_as(monkeypatch: pytest.MonkeyPatch, bic: str) -> None:
    """Let the bank register have another BIC from now on."""
    bank = Bank("Another name next quarter", Bic.parse(bic))
    monkeypatch.setattr(
        "lastschrift.operations.register_bank_account_once.find_bank", lambda _iban: bank
    )


OURS, OTHERS = "COBADEFFXXX", "DEUTDEFFXXX"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("registered", "told"),
    [
        ((OURS, OTHERS), (OURS, OURS)),  # told both times
        ((OTHERS, OURS), (OURS, OURS)),
        ((OURS, OTHERS), (OURS, OTHERS)),  # found both times
    ],
)
async def test_what_the_bank_register_says_makes_no_other_command(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    registered: tuple[str, str],
    told: tuple[str, str],
) -> None:
    merchant = await merchant_of(house)
    registered_as(monkeypatch, registered[0])
    made = await register(merchant, replace(account(merchant), bic=told[0]))
    registered_as(monkeypatch, registered[1])
    again = await register(merchant, replace(account(merchant), bic=told[1]))
    assert again == Once(made.result, is_replayed=True)


@pytest.mark.anyio
async def test_who_tells_another_bic_than_was_kept_asks_for_something_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = await merchant_of(house)
    registered_as(monkeypatch, OURS)
    await register(merchant, account(merchant))
    with pytest.raises(IdempotencyKeyTaken):
        await register(merchant, replace(account(merchant), bic=OTHERS))


# --- assigning ------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_an_assignment_is_not_done_again_after_another_one(house: House) -> None:
    merchant = await merchant_of(house)
    first, second = [await merchant.add_debtor() for _ in range(2)]
    account_id = (await merchant.register_for_nobody()).account.id

    async def assign(debtor: DebtorRef) -> Once[RevealedBankAccount]:
        command = AssignBankAccount(
            contract_id=merchant.contract,
            client_id=merchant.client,
            account_id=account_id,
            debtor=debtor,
        )
        return await assign_bank_account_once(house.ports, command, KEY)

    done = await assign(first)
    assert (done.result.account.debtor, done.is_replayed) == (first, False)
    await merchant.assign(account_id, second)
    again = await assign(first)
    assert (again.result.account.debtor, again.is_replayed) == (second, True)
    with pytest.raises(IdempotencyKeyTaken):
        await assign(second)


@pytest.mark.anyio
async def test_what_was_assigned_and_is_gone_is_told_to_be_gone(house: House) -> None:
    merchant = await merchant_of(house)
    made = (await merchant.register_for_nobody()).account
    command = AssignBankAccount(
        contract_id=merchant.contract,
        client_id=merchant.client,
        account_id=made.id,
        debtor=merchant.debtor,
    )
    await assign_bank_account_once(house.ports, command, KEY)
    await merchant.delete_whosever(made.id)
    with pytest.raises(ResultDeleted):
        await assign_bank_account_once(house.ports, command, KEY)


@pytest.mark.anyio
async def test_who_assigns_under_a_key_is_not_written_down_as_a_reader(house: House) -> None:
    merchant = await merchant_of(house)
    command = AssignBankAccount(
        contract_id=merchant.contract,
        client_id=merchant.client,
        account_id=(await merchant.register_for_nobody()).account.id,
        debtor=merchant.debtor,
    )
    await assign_bank_account_once(house.ports, command, KEY)
    async with looking_into(house.database) as looking:
        entries = await looking.rows("SELECT action FROM audit_entry")
    actions = {str(action) for (action,) in entries}
    assert "bank_account.assigned" in actions
    assert READ not in actions
