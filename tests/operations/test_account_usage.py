"""Changing how a bank account is used, listing by expiry and page, deleting all of a payer's."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import UNSET, UnsetType

from lastschrift.domain.bank_account import AuthorisationAttribute, BankAccount
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import BankAccountManaged, BankAccountUnknown
from lastschrift.domain.identity import AccountId
from lastschrift.operations.delete_bank_accounts import DeleteBankAccounts, delete_bank_accounts
from lastschrift.operations.list_bank_accounts import (
    list_bank_accounts,
    list_valid_bank_accounts,
)
from lastschrift.operations.ports import Page
from lastschrift.operations.read_bank_account import read_bank_account
from lastschrift.operations.update_account_usage import UpdateAccountUsage, update_account_usage
from tests.databases import looking_into
from tests.house import House
from tests.operations.merchants import Merchant, merchant_of

pytestmark = pytest.mark.anyio

ALL = Page(count=100, offset=0)
EXPIRY = datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)
MILEAGE = AuthorisationAttribute(name="mileage", regex="[0-9]+", characters_max=8)
VIN = AuthorisationAttribute(name="vin")


@pytest.fixture
async def merchant(house: House) -> Merchant:
    """Return a merchant with one debtor."""
    return await merchant_of(house)


async def change(
    merchant: Merchant,
    account: AccountId,
    debtor: DebtorRef | None = None,
    *,
    alias: str | UnsetType | None = UNSET,
    expiry: datetime | UnsetType | None = UNSET,
    authorisation: tuple[AuthorisationAttribute, ...] | UnsetType = UNSET,
) -> BankAccount:
    command = UpdateAccountUsage(
        contract_id=merchant.contract,
        client_id=merchant.client,
        debtor_id=(debtor or merchant.debtor).id,
        account_id=account,
        alias=alias,
        expiry=expiry,
        authorisation=authorisation,
    )
    return await update_account_usage(merchant.house.ports, command)


async def read(merchant: Merchant, account: AccountId) -> BankAccount:
    ports, debtor = merchant.house.ports, merchant.debtor.id
    return await read_bank_account(ports, merchant.contract, debtor, account)


async def audited(merchant: Merchant, account: AccountId) -> list[str]:
    """Return what the books tell was done with an account."""
    async with looking_into(merchant.house.database) as database:
        rows = await database.rows("SELECT action, subject_id FROM audit_entry")
    return sorted(action for action, subject in rows if subject in (account, account.bytes))


# --- changing -------------------------------------------------------------------------------------


async def test_what_is_changed_is_read_and_revealed_so(merchant: Merchant) -> None:
    account = (await merchant.register()).account
    merchant.house.clock.advance(60)
    told = await change(
        merchant, account.id, alias="Fleet", expiry=EXPIRY, authorisation=(MILEAGE, VIN)
    )
    assert (told.alias, told.expiry, told.authorisation) == ("Fleet", EXPIRY, (MILEAGE, VIN))
    assert told.updated == merchant.house.clock.now()
    assert told.created == account.created
    assert await read(merchant, account.id) == told
    done = await audited(merchant, account.id)
    assert done == ["bank_account.registered", "bank_account.updated"]


async def test_what_is_not_named_stays(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    await change(merchant, account, alias="Fleet", expiry=EXPIRY, authorisation=(MILEAGE,))
    told = await change(merchant, account, alias="Trucks")
    assert (told.alias, told.expiry, told.authorisation) == ("Trucks", EXPIRY, (MILEAGE,))
    assert await read(merchant, account) == told


async def test_what_is_cleared_is_gone(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    await change(merchant, account, alias="Fleet", expiry=EXPIRY, authorisation=(MILEAGE,))
    told = await change(merchant, account, alias=None, expiry=None, authorisation=())
    assert (told.alias, told.expiry, told.authorisation) == (None, None, ())
    assert await read(merchant, account) == told


async def test_what_several_change_at_once_is_all_there(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    for number in range(10):
        await asyncio.gather(
            change(merchant, account, alias=f"Fleet {number}"),
            change(merchant, account, expiry=EXPIRY + timedelta(days=number)),
            change(merchant, account, authorisation=(MILEAGE,) * number),
        )
        found = await read(merchant, account)
        assert found.alias == f"Fleet {number}"
        assert found.expiry == EXPIRY + timedelta(days=number)
        assert found.authorisation == (MILEAGE,) * number


async def test_who_changes_what_another_deletes_is_told_or_was_first(merchant: Merchant) -> None:
    for _ in range(10):
        account = (await merchant.register()).account.id
        changed, deleted = await asyncio.gather(
            change(merchant, account, alias="Fleet"),
            merchant.delete(account),
            return_exceptions=True,
        )
        assert deleted is None
        assert isinstance(changed, BankAccount | BankAccountUnknown)


async def test_what_is_another_debtors_is_unknown(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    with pytest.raises(BankAccountUnknown):
        await change(merchant, account, await merchant.add_debtor(), alias="Fleet")
    other = await merchant_of(merchant.house)
    with pytest.raises(BankAccountUnknown):
        await change(other, account, merchant.debtor, alias="Fleet")
    assert (await read(merchant, account)).alias is None


async def test_what_is_nobodys_deleted_or_archived_is_unknown(merchant: Merchant) -> None:
    nobodys = (await merchant.register_for_nobody()).account.id
    deleted = (await merchant.register(number=1)).account.id
    await merchant.delete(deleted)
    archived = (await merchant.register(number=2)).account.id
    await merchant.archive(archived)
    for account in (nobodys, deleted, archived, AccountId(merchant.house.ports.ids.new_id())):
        with pytest.raises(BankAccountUnknown):
            await change(merchant, account, alias="Fleet")


# --- listing --------------------------------------------------------------------------------------


async def test_a_list_comes_in_pages_and_tells_if_there_are_more(merchant: Merchant) -> None:
    registered = []
    for number in range(5):
        registered.append((await merchant.register(number=number)).account)
        merchant.house.clock.advance(1)
    ports, contract, debtor = merchant.house.ports, merchant.contract, merchant.debtor
    for count, offset, has_more in ((2, 0, True), (2, 2, True), (2, 3, False), (5, 0, False)):
        some = await list_bank_accounts(ports, contract, debtor, Page(count, offset))
        assert list(some.accounts) == registered[offset : offset + count]
        assert some.has_more == has_more


async def test_an_account_is_valid_until_the_instant_it_expires(merchant: Merchant) -> None:
    ports, contract, debtor = merchant.house.ports, merchant.contract, merchant.debtor
    forever = (await merchant.register(number=1)).account.id
    expiring = (await merchant.register(number=2)).account.id
    await change(merchant, expiring, expiry=EXPIRY)
    for instant, valid in (
        (EXPIRY - timedelta(microseconds=1), {forever, expiring}),
        (EXPIRY, {forever}),
    ):
        merchant.house.clock.set(instant)
        some = await list_valid_bank_accounts(ports, contract, debtor, ALL)
        assert {account.id for account in some.accounts} == valid
        listed = (await list_bank_accounts(ports, contract, debtor, ALL)).accounts
        assert {account.id for account in listed} == {forever, expiring}


# --- managed accounts, and deleting all -----------------------------------------------------------


async def delete_all(merchant: Merchant) -> None:
    command = DeleteBankAccounts(
        contract_id=merchant.contract, client_id=merchant.client, debtor=merchant.debtor
    )
    await delete_bank_accounts(merchant.house.ports, command)


async def listed(merchant: Merchant, debtor: DebtorRef | None = None) -> set[AccountId]:
    ports, whose = merchant.house.ports, debtor or merchant.debtor
    some = await list_bank_accounts(ports, merchant.contract, whose, ALL)
    return {account.id for account in some.accounts}


async def test_a_managed_account_is_deleted_only_by_who_registered_it(merchant: Merchant) -> None:
    another = await merchant.add_client()
    theirs = (await merchant.register(number=1, managed_by=another)).account
    ours = (await merchant.register(number=2, managed_by=merchant.client)).account
    assert (theirs.managed_by, ours.managed_by) == (another, merchant.client)
    assert await read(merchant, theirs.id) == theirs
    with pytest.raises(BankAccountManaged):
        await merchant.delete(theirs.id)
    await merchant.delete(ours.id)
    assert await listed(merchant) == {theirs.id}


async def test_deleting_all_leaves_what_others_manage_or_have(merchant: Merchant) -> None:
    another, other_debtor = await merchant.add_client(), await merchant.add_debtor()
    stays = (await merchant.register(number=1, managed_by=another)).account.id
    goes = (await merchant.register(number=2)).account.id
    managed = (await merchant.register(number=3, managed_by=merchant.client)).account.id
    others = (await merchant.register(other_debtor)).account.id
    await delete_all(merchant)
    assert await listed(merchant) == {stays}
    assert await listed(merchant, other_debtor) == {others}
    for account in (goes, managed):
        assert await audited(merchant, account) == [
            "bank_account.deleted",
            "bank_account.registered",
        ]
    assert await audited(merchant, stays) == ["bank_account.registered"]
    await merchant.register(number=2)


async def test_more_than_fit_a_transaction_are_all_deleted(merchant: Merchant) -> None:
    await asyncio.gather(*(merchant.register(number=number) for number in range(51)))
    await delete_all(merchant)
    assert await listed(merchant) == set()


async def test_all_may_be_deleted_by_several_at_once(merchant: Merchant) -> None:
    for number in range(20):
        await merchant.register(number=number)
    await asyncio.gather(*(delete_all(merchant) for _ in range(4)))
    assert await listed(merchant) == set()
