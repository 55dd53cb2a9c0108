"""Replacing, assigning, archiving, deleting: what changes, what stays, what is written down."""

from collections.abc import Awaitable, Callable, Sequence

import pytest

from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    BankAccountHeldByUser,
    BankAccountManaged,
    BankAccountUnknown,
    DebtorAccessDenied,
    DebtorUnknown,
)
from lastschrift.domain.identity import AccountId
from lastschrift.domain.party import Party
from lastschrift.operations.list_debtors import list_debtors
from lastschrift.operations.read_debtor import read_debtor
from lastschrift.operations.reveal_bank_account import reveal_bank_account
from lastschrift.operations.reveal_bank_accounts import reveal_bank_accounts
from tests.databases import looking_into
from tests.house import House
from tests.operations.merchants import ALL, Merchant, merchant_of
from tests.storage.filling import SEED_IBAN, german_iban

pytestmark = pytest.mark.anyio

Changes = Sequence[Callable[[], Awaitable[object]]]


@pytest.fixture
async def merchant(house: House) -> Merchant:
    """Return a merchant with one debtor."""
    return await merchant_of(house)


async def actions(merchant: Merchant) -> list[str]:
    """Return all changes that were written down, in their order."""
    async with looking_into(merchant.house.database) as database:
        rows = await database.rows(
            "SELECT action FROM audit_entry WHERE action <> 'bank_account.read' ORDER BY sequence"
        )
    return [action for (action,) in rows]


async def listed(merchant: Merchant) -> list[AccountId]:
    found = await reveal_bank_accounts(merchant.house.ports, merchant.contract, ALL)
    return [revealed.account.id for revealed in found.items]


# --- debtors --------------------------------------------------------------------------------------


async def test_a_replaced_debtor_has_the_new_data_only(merchant: Merchant) -> None:
    before = await read_debtor(merchant.house.ports, merchant.contract, merchant.debtor.id)
    merchant.house.clock.advance(60)
    changed = await merchant.update_debtor(Party(given_name="Jane"))
    assert changed.contact == Party(given_name="Jane")
    assert (changed.created, changed.updated) == (before.created, merchant.house.clock.now())
    found = await read_debtor(merchant.house.ports, merchant.contract, merchant.debtor.id)
    assert found == changed
    assert (await actions(merchant))[-1] == "debtor.updated"


async def test_a_deleted_debtor_is_gone_with_its_accounts(merchant: Merchant) -> None:
    ports, contract = merchant.house.ports, merchant.contract
    accounts = [(await merchant.register(number=number)).account.id for number in range(2)]
    archived = (await merchant.register(number=2)).account.id
    await merchant.archive(archived)
    others = (await merchant.register(await merchant.add_debtor())).account.id
    before = await read_debtor(ports, contract, merchant.debtor.id)
    assert await merchant.delete_debtor() == before
    with pytest.raises(DebtorUnknown):
        await read_debtor(ports, contract, merchant.debtor.id)
    assert (await list_debtors(ports, contract, ALL)).total == 1
    for account in (*accounts, archived):
        with pytest.raises(BankAccountUnknown):
            await reveal_bank_account(ports, contract, account)
    assert await listed(merchant) == [others]
    assert (await actions(merchant))[-3:] == ["debtor.deleted", *["bank_account.deleted"] * 2]


async def test_a_deleted_debtor_takes_no_more_accounts(merchant: Merchant) -> None:
    account = (await merchant.register_for_nobody()).account.id
    other = await merchant.add_debtor()
    kept = (await merchant.register(other, number=1)).account.id
    await merchant.delete_debtor()
    with pytest.raises(DebtorAccessDenied):
        await merchant.register()
    with pytest.raises(DebtorAccessDenied):
        await merchant.assign(account, merchant.debtor)
    with pytest.raises(DebtorAccessDenied):
        await merchant.update(kept, merchant.debtor)
    with pytest.raises(DebtorUnknown):
        await merchant.update_debtor(Party())
    with pytest.raises(DebtorUnknown):
        await merchant.delete_debtor()


async def test_what_is_deleted_stays_in_the_books(merchant: Merchant) -> None:
    await merchant.register()
    await merchant.delete_debtor()
    async with looking_into(merchant.house.database) as database:
        debtors = await database.rows("SELECT contact FROM debtor WHERE deleted IS NOT NULL")
        accounts = await database.rows(
            "SELECT iban_last_four FROM bank_account WHERE deleted IS NOT NULL"
        )
    assert len(debtors) == 1
    assert accounts == [(SEED_IBAN.last_four,)]


async def test_a_debtor_that_the_merchant_did_not_save_is_unknown(merchant: Merchant) -> None:
    with pytest.raises(DebtorUnknown):
        await merchant.update_debtor(Party(), merchant.identity)
    with pytest.raises(DebtorUnknown):
        await merchant.delete_debtor(merchant.identity)


async def test_a_debtor_is_not_deleted_with_an_account_that_another_client_manages(
    merchant: Merchant,
) -> None:
    account = (await merchant.register(managed_by=await merchant.add_client())).account.id
    await merchant.register(number=1)
    written = await actions(merchant)
    with pytest.raises(BankAccountManaged):
        await merchant.delete_debtor()
    assert account in await listed(merchant)
    assert len(await listed(merchant)) == 2
    assert await actions(merchant) == written


# --- replacing an account -------------------------------------------------------------------------


async def test_a_replaced_account_has_the_new_data_and_its_debtor(merchant: Merchant) -> None:
    before = (await merchant.register()).account
    merchant.house.clock.advance(60)
    changed = await merchant.update(before.id, iban=german_iban(7))
    assert changed.iban == german_iban(7)
    account = changed.account
    assert (account.owner, account.bic, account.bank_name) == ("Jane Doe", None, None)
    assert (account.iban_country, account.iban_last_four) == ("DE", german_iban(7).last_four)
    assert (account.debtor, account.created) == (before.debtor, before.created)
    assert account.updated == merchant.house.clock.now()
    found = await reveal_bank_account(merchant.house.ports, merchant.contract, before.id)
    assert found == changed
    assert (await actions(merchant))[-1] == "bank_account.updated"


async def test_the_iban_that_was_replaced_is_free(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    await merchant.update(account, iban=german_iban(7))
    await merchant.register()
    with pytest.raises(BankAccountAlreadyRegistered):
        await merchant.register(number=7)


async def test_an_account_may_be_replaced_by_its_own_iban(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    assert (await merchant.update(account)).account.owner == "Jane Doe"


async def test_an_iban_that_the_debtor_has_is_a_duplicate(merchant: Merchant) -> None:
    first = (await merchant.register()).account.id
    second = (await merchant.register(number=7)).account.id
    with pytest.raises(BankAccountAlreadyRegistered) as duplicate:
        await merchant.update(second)
    assert (duplicate.value.account_id, duplicate.value.iban) == (first, SEED_IBAN)
    other = await merchant.add_debtor()
    await merchant.register(other, number=7)
    with pytest.raises(BankAccountAlreadyRegistered):
        await merchant.update(second, other, iban=german_iban(7))


async def test_what_is_refused_changes_nothing(merchant: Merchant) -> None:
    await merchant.register()
    before = await merchant.register(number=7)
    written = await actions(merchant)
    with pytest.raises(BankAccountAlreadyRegistered):
        await merchant.update(before.account.id)
    found = await reveal_bank_account(merchant.house.ports, merchant.contract, before.account.id)
    assert found == before
    assert await actions(merchant) == written


async def test_a_named_debtor_becomes_the_accounts(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    other = await merchant.add_debtor()
    assert (await merchant.update(account, other)).account.debtor == other
    await merchant.register()


# --- assigning ------------------------------------------------------------------------------------


async def test_an_assigned_account_is_the_debtors(merchant: Merchant) -> None:
    before = await merchant.register_for_nobody()
    merchant.house.clock.advance(60)
    assigned = await merchant.assign(before.account.id, merchant.debtor)
    assert assigned.account.debtor == merchant.debtor
    assert assigned.account.updated == merchant.house.clock.now()
    assert assigned.iban == before.iban
    found = await reveal_bank_account(merchant.house.ports, merchant.contract, before.account.id)
    assert found == assigned
    assert (await actions(merchant))[-1] == "bank_account.assigned"
    with pytest.raises(BankAccountAlreadyRegistered):
        await merchant.register()


async def test_an_account_that_is_assigned_again_stays_as_it_is(merchant: Merchant) -> None:
    before = await merchant.register()
    written = await actions(merchant)
    assert await merchant.assign(before.account.id, merchant.debtor) == before
    assert await actions(merchant) == written


async def test_an_account_is_not_assigned_to_who_has_its_iban(merchant: Merchant) -> None:
    first = (await merchant.register()).account.id
    second = (await merchant.register_for_nobody()).account.id
    with pytest.raises(BankAccountAlreadyRegistered) as duplicate:
        await merchant.assign(second, merchant.debtor)
    assert (duplicate.value.account_id, duplicate.value.iban) == (first, SEED_IBAN)


async def test_an_account_that_is_taken_away_is_nobodys(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    assert (await merchant.unassign(account)).account.debtor is None
    assert (await actions(merchant))[-1] == "bank_account.unassigned"
    await merchant.register()
    await merchant.delete_debtor()
    assert await listed(merchant) == [account]


async def test_an_account_of_nobody_is_taken_from_nobody(merchant: Merchant) -> None:
    before = await merchant.register_for_nobody()
    written = await actions(merchant)
    assert await merchant.unassign(before.account.id) == before
    assert await actions(merchant) == written


async def test_an_account_is_not_taken_from_who_does_not_hold_it(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    with pytest.raises(DebtorUnknown):
        await merchant.unassign(account, await merchant.add_debtor())
    assert (await merchant.unassign(account, merchant.debtor)).account.debtor is None
    with pytest.raises(DebtorUnknown):
        await merchant.unassign(account, merchant.debtor)


async def test_an_account_keeps_the_payer_that_the_merchant_did_not_save(
    merchant: Merchant,
) -> None:
    before = await merchant.register(merchant.identity)
    account = before.account.id
    with pytest.raises(BankAccountHeldByUser):
        await merchant.assign(account, merchant.debtor)
    with pytest.raises(BankAccountHeldByUser):
        await merchant.update(account, merchant.debtor)
    assert await merchant.unassign(account) == before
    assert (await merchant.update(account)).account.debtor == merchant.identity


# --- archiving and deleting -----------------------------------------------------------------------


async def test_an_archived_account_can_be_read_and_its_iban_is_free(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    archived = await merchant.archive(account)
    assert archived.account.archived == merchant.house.clock.now()
    ports, contract = merchant.house.ports, merchant.contract
    assert await reveal_bank_account(ports, contract, account) == archived
    assert await listed(merchant) == []
    assert (await actions(merchant))[-1] == "bank_account.archived"
    assert (await merchant.register()).account.id != account


async def test_an_archived_account_does_not_change(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    archived = await merchant.archive(account)
    with pytest.raises(BankAccountUnknown):
        await merchant.update(account)
    with pytest.raises(BankAccountUnknown):
        await merchant.update(account, await merchant.add_debtor())
    with pytest.raises(BankAccountUnknown):
        await merchant.assign(account, await merchant.add_debtor())
    with pytest.raises(BankAccountUnknown):
        await merchant.unassign(account)
    with pytest.raises(BankAccountUnknown):
        await merchant.archive(account)
    with pytest.raises(BankAccountUnknown):
        await merchant.delete(account)
    found = await reveal_bank_account(merchant.house.ports, merchant.contract, account)
    assert found == archived


async def test_an_archived_account_is_deleted_for_good(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    archived = await merchant.archive(account)
    assert await merchant.delete_whosever(account) == archived
    with pytest.raises(BankAccountUnknown):
        await reveal_bank_account(merchant.house.ports, merchant.contract, account)
    with pytest.raises(BankAccountUnknown):
        await merchant.delete_whosever(account)


async def test_an_account_is_deleted_whosever_it_is(merchant: Merchant) -> None:
    accounts = [
        await merchant.register(),
        await merchant.register_for_nobody(),
        await merchant.register(merchant.identity),
    ]
    for revealed in accounts:
        assert await merchant.delete_whosever(revealed.account.id) == revealed
    assert await listed(merchant) == []
    assert (await actions(merchant))[-3:] == ["bank_account.deleted"] * 3


async def test_an_account_that_a_client_manages_is_changed_by_that_client_only(
    merchant: Merchant,
) -> None:
    manager = await merchant.add_client()
    account = (await merchant.register(managed_by=manager)).account.id
    other = await merchant.add_debtor()
    changes: Changes = [
        lambda: merchant.update(account),
        lambda: merchant.assign(account, other),
        lambda: merchant.unassign(account),
        lambda: merchant.archive(account),
        lambda: merchant.delete(account),
        lambda: merchant.delete_whosever(account),
    ]
    for change in changes:
        with pytest.raises(BankAccountManaged):
            await change()
    merchant.client = manager
    await merchant.update(account)
    await merchant.assign(account, other)
    await merchant.unassign(account)
    await merchant.archive(account)
    await merchant.delete_whosever(account)


# --- another contract -----------------------------------------------------------------------------


async def test_nothing_of_another_contract_is_changed(merchant: Merchant) -> None:
    other = await merchant_of(merchant.house)
    before = await merchant.register()
    account = before.account.id
    changes: Changes = [
        lambda: other.update(account),
        lambda: other.assign(account, other.debtor),
        lambda: other.unassign(account),
        lambda: other.archive(account),
        lambda: other.delete_whosever(account),
    ]
    for change in changes:
        with pytest.raises(BankAccountUnknown):
            await change()
    with pytest.raises(DebtorUnknown):
        await other.update_debtor(Party(), merchant.debtor)
    with pytest.raises(DebtorUnknown):
        await other.delete_debtor(merchant.debtor)
    theirs = (await other.register()).account.id
    with pytest.raises(DebtorAccessDenied):
        await other.assign(theirs, merchant.debtor)
    with pytest.raises(DebtorAccessDenied):
        await other.update(theirs, merchant.debtor)
    found = await reveal_bank_account(merchant.house.ports, merchant.contract, account)
    assert found == before
