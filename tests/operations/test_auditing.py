"""One entry in the audit trail for each request that changes something or shows full IBANs."""

import asyncio
from collections.abc import Sequence
from typing import Any, NoReturn
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from lastschrift.domain.access import Client
from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    BankAccountUnknown,
    ClientUnknown,
    QueueFull,
)
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.begin_bank_account_scroll import begin_bank_account_scroll
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.issue_access_token import IssueAccessToken, issue_access_token
from lastschrift.operations.list_bank_accounts import list_bank_accounts
from lastschrift.operations.next_bank_accounts import next_bank_accounts
from lastschrift.operations.ports import Caller, Everything, Page, Ports, Store
from lastschrift.operations.read_bank_account import read_bank_account
from lastschrift.operations.register_bank_account import (
    RegisterBankAccount,
    register_bank_account,
)
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.operations.reveal_bank_account import reveal_bank_account
from lastschrift.operations.reveal_bank_accounts import reveal_bank_accounts
from lastschrift.operations.revoke_client import revoke_client
from lastschrift.operations.rotate_client_secret import rotate_client_secret
from lastschrift.operations.scrolling import BeginScroll
from tests.databases import looking_into
from tests.holders import holder_of
from tests.house import House
from tests.operations.merchants import ALL, Merchant, merchant_of
from tests.storage.filling import SEED_IBAN, german_iban

pytestmark = pytest.mark.anyio


async def audited(house: House) -> Sequence[tuple[object, ...]]:
    """Return what the audit trail holds: action, subject, client and instant (microseconds)."""
    async with looking_into(house.database) as looking:
        return await looking.rows(
            "SELECT action, subject_id, client_id, at FROM audit_entry ORDER BY at, action"
        )


def registration_of(client: Client, debtor: DebtorRef, iban: Iban) -> RegisterBankAccount:
    return RegisterBankAccount(
        contract_id=client.contract_id,
        client_id=client.id,
        debtor=debtor,
        account_id=None,
        iban=iban,
        bic=None,
        bank_name=None,
        owner=None,
        holder=holder_of(debtor),
    )


async def actions(house: House) -> list[object]:
    return [action for action, *_ in await audited(house)]


async def test_each_change_leaves_one_entry(house: House) -> None:
    client, _ = await house.open_contract()
    debtor = await register_debtor(
        house.ports,
        RegisterDebtor(contract_id=client.contract_id, client_id=client.id, contact=Party()),
    )
    registration = registration_of(client, DebtorRef(debtor.id, DebtorKind.CUSTOMER), SEED_IBAN)
    account = (await register_bank_account(house.ports, registration)).account
    deletion = DeleteBankAccount(
        contract_id=client.contract_id,
        client_id=client.id,
        debtor_id=debtor.id,
        account_id=account.id,
    )
    await delete_bank_account(house.ports, deletion)
    await rotate_client_secret(house.ports, client.id)
    await revoke_client(house.ports, client.id)
    now = int(house.clock.now().timestamp()) * 1_000_000
    assert await audited(house) == [
        ("bank_account.deleted", account.id.bytes, client.id.bytes, now),
        ("bank_account.registered", account.id.bytes, client.id.bytes, now),
        ("client.created", client.id.bytes, None, now),
        ("client.revoked", client.id.bytes, None, now),
        ("client.secret_rotated", client.id.bytes, None, now),
        ("contract.created", client.contract_id.bytes, None, now),
        ("debtor.registered", debtor.id.bytes, client.id.bytes, now),
    ]
    with pytest.raises(BankAccountUnknown):
        await delete_bank_account(house.ports, deletion)
    assert len(await audited(house)) == 7


async def test_what_changes_nothing_leaves_no_entry(house: House) -> None:
    client, secret = await house.open_contract()
    assert client.identity is not None
    registration = registration_of(
        client, DebtorRef(client.identity, DebtorKind.SERVICE_IDENTITY), SEED_IBAN
    )
    await register_bank_account(house.ports, registration)
    before = await actions(house)
    with pytest.raises(BankAccountAlreadyRegistered):
        await register_bank_account(house.ports, registration)
    with pytest.raises(ClientUnknown):
        await revoke_client(house.ports, house.ports.ids.new_client_id())
    await issue_access_token(
        house.ports, IssueAccessToken(client_id=client.id, client_secret=secret, scopes=None)
    )
    assert await actions(house) == before


async def test_of_many_at_once_each_that_is_kept_leaves_one_entry(house: House) -> None:
    client, _ = await house.open_contract()
    assert client.identity is not None
    registrations = [
        registration_of(
            client, DebtorRef(client.identity, DebtorKind.SERVICE_IDENTITY), german_iban(number)
        )
        for number in (1, 2, 1, 3, 2)
    ]
    outcomes = await asyncio.gather(
        *[register_bank_account(house.ports, registration) for registration in registrations],
        return_exceptions=True,
    )
    kept = [found.account.id for found in outcomes if isinstance(found, RevealedBankAccount)]
    audited_ids = [
        subject
        for action, subject, *_ in await audited(house)
        if action == "bank_account.registered"
    ]
    assert len(kept) == len(audited_ids) == 3
    assert set(audited_ids) == {account.bytes for account in kept}


async def test_a_second_revocation_leaves_no_entry(house: House) -> None:
    client, _ = await house.open_contract()
    await revoke_client(house.ports, client.id)
    await revoke_client(house.ports, client.id)
    assert (await actions(house)).count("client.revoked") == 1


# --- readings -------------------------------------------------------------------------------------


@pytest.fixture
async def merchant(house: House) -> Merchant:
    """Return a merchant with three accounts."""
    merchant = await merchant_of(house)
    for number in range(3):
        await merchant.register(number=number)
    return merchant


async def readings(merchant: Merchant) -> list[list[AccountId]]:
    """Return which accounts each reading showed."""
    async with looking_into(merchant.house.database) as looking:
        rows = await looking.rows(
            "SELECT subject_id, further_subjects FROM audit_entry"
            " WHERE action = 'bank_account.read' ORDER BY sequence"
        )
    return [_ids(bytes(subject) + bytes(further)) for subject, further in rows]


def _ids(octets: bytes) -> list[AccountId]:
    starts = range(0, len(octets), 16)
    return [AccountId(UUID(bytes=octets[start : start + 16])) for start in starts]


async def test_who_reads_an_iban_leaves_one_entry(merchant: Merchant) -> None:
    ports, account = merchant.house.ports, (await merchant.register(number=9)).account.id
    await reveal_bank_account(ports, merchant.contract, account)
    await reveal_bank_account(ports, merchant.contract, account)
    assert await readings(merchant) == [[account], [account]]


async def test_a_list_leaves_one_entry_with_all_that_it_showed(merchant: Merchant) -> None:
    ports, contract = merchant.house.ports, merchant.contract
    found = await reveal_bank_accounts(ports, contract, ALL)
    shown = [revealed.account.id for revealed in found.items]
    begin = BeginScroll(
        condition=Everything(), is_descending=False, count=2, lifetime_s=60, shown=""
    )
    first = await begin_bank_account_scroll(ports, contract, begin)
    for _ in range(2):  # the second one is empty
        await next_bank_accounts(ports, contract, first.scroll_id)
    assert await readings(merchant) == [shown, shown[:2], shown[2:]]


async def test_who_sees_no_full_iban_leaves_no_entry(merchant: Merchant) -> None:
    ports, contract = merchant.house.ports, merchant.contract
    account = (await merchant.register(number=9)).account.id
    with pytest.raises(BankAccountUnknown):
        await reveal_bank_account(ports, contract, AccountId(uuid4()))
    await reveal_bank_accounts(ports, (await merchant_of(merchant.house)).contract, ALL)
    await read_bank_account(ports, contract, merchant.debtor.id, account)
    await list_bank_accounts(ports, contract, merchant.debtor, Page(count=9, offset=0))
    assert await readings(merchant) == []


async def test_a_reading_that_can_t_be_written_down_shows_nothing(merchant: Merchant) -> None:
    account = (await merchant.register(number=9)).account.id
    full = structs.replace(merchant.house.ports, store=FullStore(merchant.house.store))
    for reading in (
        reveal_bank_account(full, merchant.contract, account),
        reveal_bank_accounts(full, merchant.contract, ALL),
    ):
        with pytest.raises(QueueFull):
            await reading
    assert await readings(merchant) == []


class FullStore:
    """A store in which too much waits to be written."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # as the store has it
        return getattr(self._store, name)

    def write_batched(self, *_: object) -> NoReturn:
        raise QueueFull


async def test_an_entry_says_on_whose_behalf_and_from_where(merchant: Merchant) -> None:
    account = (await merchant.register(number=9)).account.id
    payer = DebtorId(uuid4())
    caller = Caller(client_id=merchant.client, debtor_id=payer, source="203.0.113.7")
    ports: Ports = merchant.house.ports.on_behalf_of(caller)
    await reveal_bank_account(ports, merchant.contract, account)
    await revoke_client(ports, merchant.client)
    async with looking_into(merchant.house.database) as looking:
        rows = await looking.rows(
            "SELECT action, client_id, debtor_id, source FROM audit_entry WHERE source <> ''"
            " ORDER BY sequence"
        )
    who = merchant.client.bytes, payer.bytes, "203.0.113.7"
    assert rows == [("bank_account.read", *who), ("client.revoked", *who)]
