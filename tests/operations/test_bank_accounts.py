"""Registering, reading and deleting bank accounts, between debtors and contracts."""

import pytest

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    BankAccountUnknown,
    ContractUnknown,
    DebtorAccessDenied,
    DebtorUnknown,
)
from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.domain.party import Party
from lastschrift.operations.list_bank_accounts import list_bank_accounts
from lastschrift.operations.list_debtors import list_debtors
from lastschrift.operations.ports import Page, Search
from lastschrift.operations.read_bank_account import read_bank_account
from lastschrift.operations.read_debtor import read_debtor
from lastschrift.operations.reveal_bank_account import reveal_bank_account
from lastschrift.operations.reveal_bank_accounts import reveal_bank_accounts
from tests.house import House
from tests.operations.merchants import ALL, Merchant, merchant_of
from tests.storage.filling import SEED_IBAN

pytestmark = pytest.mark.anyio


@pytest.fixture
async def merchant(house: House) -> Merchant:
    """Return a merchant with one debtor."""
    return await merchant_of(house)


# --- registering and reading ----------------------------------------------------------------------


async def test_what_was_registered_is_revealed_with_its_iban(merchant: Merchant) -> None:
    registered = await merchant.register()
    assert registered.iban == SEED_IBAN
    assert registered.account.created == merchant.house.clock.now()
    ports = merchant.house.ports
    assert registered == await reveal_bank_account(ports, merchant.contract, registered.account.id)
    listing = await reveal_bank_accounts(ports, merchant.contract, ALL)
    assert (listing.total, list(listing.items)) == (1, [registered])


async def test_what_was_registered_is_read_by_its_debtor_without_its_iban(
    merchant: Merchant,
) -> None:
    account = (await merchant.register()).account
    ports, debtor = merchant.house.ports, merchant.debtor
    assert await read_bank_account(ports, merchant.contract, debtor.id, account.id) == account
    some = await list_bank_accounts(ports, merchant.contract, debtor, ALL.page)
    assert (list(some.accounts), some.has_more) == ([account], False)


async def test_a_chosen_id_is_the_accounts_id(merchant: Merchant) -> None:
    chosen = AccountId(merchant.house.ports.ids.new_id())
    assert (await merchant.register(account_id=chosen)).account.id == chosen


async def test_a_duplicate_names_the_account_that_is_there(merchant: Merchant) -> None:
    account = (await merchant.register()).account
    with pytest.raises(BankAccountAlreadyRegistered) as duplicate:
        await merchant.register()
    assert duplicate.value.account_id == account.id
    assert duplicate.value.iban == SEED_IBAN


async def test_the_same_iban_looks_different_wherever_it_is_kept(merchant: Merchant) -> None:
    other = await merchant_of(merchant.house)
    debtors = [merchant.debtor, await merchant.add_debtor()]
    accounts = [(await merchant.register(debtor)).account for debtor in debtors]
    accounts.append((await other.register()).account)
    assert len({await sealed_iban(merchant.house, account) for account in accounts}) == 3


async def sealed_iban(house: House, account: BankAccount) -> bytes:
    found = await house.store.read(
        lambda reader: reader.bank_account(account.contract_id, account.id)
    )
    assert found is not None
    return found.sealed_iban


async def test_an_account_needs_a_contract(house: House) -> None:
    merchant = await merchant_of(house)
    merchant.contract = ContractId(house.ports.ids.new_id())
    with pytest.raises(ContractUnknown):
        await merchant.register()


# --- deleting -------------------------------------------------------------------------------------


async def test_a_deleted_account_is_unknown_and_its_iban_is_free(merchant: Merchant) -> None:
    account = (await merchant.register()).account
    await merchant.delete(account.id)
    ports = merchant.house.ports
    with pytest.raises(BankAccountUnknown):
        await read_bank_account(ports, merchant.contract, merchant.debtor.id, account.id)
    with pytest.raises(BankAccountUnknown):
        await reveal_bank_account(ports, merchant.contract, account.id)
    with pytest.raises(BankAccountUnknown):
        await merchant.delete(account.id)
    assert (await merchant.register()).account.id != account.id


async def test_another_debtors_account_is_unknown(merchant: Merchant) -> None:
    account = (await merchant.register()).account
    other = await merchant.add_debtor()
    ports = merchant.house.ports
    with pytest.raises(BankAccountUnknown):
        await read_bank_account(ports, merchant.contract, other.id, account.id)
    with pytest.raises(BankAccountUnknown):
        await merchant.delete(account.id, debtor=other)
    assert not (await list_bank_accounts(ports, merchant.contract, other, ALL.page)).accounts


# --- another contract -----------------------------------------------------------------------------


async def test_nothing_of_another_contract_is_there(merchant: Merchant) -> None:
    other = await merchant_of(merchant.house)
    account = (await merchant.register()).account
    ports = merchant.house.ports
    with pytest.raises(BankAccountUnknown):
        await reveal_bank_account(ports, other.contract, account.id)
    with pytest.raises(BankAccountUnknown):
        await read_bank_account(ports, other.contract, merchant.debtor.id, account.id)
    with pytest.raises(BankAccountUnknown):
        await other.delete(account.id, debtor=merchant.debtor)
    with pytest.raises(DebtorUnknown):
        await read_debtor(ports, other.contract, merchant.debtor.id)
    with pytest.raises(DebtorAccessDenied):
        await other.register(merchant.debtor)
    assert (await reveal_bank_accounts(ports, other.contract, ALL)).total == 0
    assert [debtor.id for debtor in (await list_debtors(ports, other.contract, ALL)).items] == [
        other.debtor.id
    ]


# --- debtors --------------------------------------------------------------------------------------


async def test_a_debtor_is_read_as_it_was_registered(merchant: Merchant) -> None:
    found = await read_debtor(merchant.house.ports, merchant.contract, merchant.debtor.id)
    assert found.contact == Party(company="Example Inc.")
    assert found.created == merchant.house.clock.now()
    listing = await list_debtors(merchant.house.ports, merchant.contract, ALL)
    assert (listing.total, list(listing.items)) == (1, [found])


async def test_lists_come_in_pages(merchant: Merchant) -> None:
    registered = []
    for number in range(5):
        registered.append(await merchant.register(number=number))
        merchant.house.clock.advance(1)
    page = Search(page=Page(count=2, offset=2))
    listing = await reveal_bank_accounts(merchant.house.ports, merchant.contract, page)
    assert (listing.total, list(listing.items)) == (5, registered[2:4])
