"""What every store does with how accounts are used: aliases, expiries, and who manages them."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from msgspec.structs import replace

from lastschrift.domain.bank_account import AuthorisationAttribute, BankAccount
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.identity import AccountId, ClientId, ContractId
from lastschrift.operations.ports import NewBankAccount, Page, Store
from tests.holders import holder_of
from tests.storage.filling import (
    IDS,
    add_contract,
    add_debtor,
    delete,
    german_iban,
    kept,
    later,
    new_account,
    registered,
)

pytestmark = pytest.mark.anyio

ALL = Page(count=100, offset=0)

each_kind = pytest.mark.parametrize("kind", DebtorKind)


def numbered(
    contract: ContractId,
    debtor: DebtorRef,
    number: int,
    *,
    managed_by: ClientId | None = None,
) -> NewBankAccount:
    """Return an account of its own IBAN and instant for each number."""
    holder = holder_of(debtor)
    new = new_account(contract, debtor, german_iban(number), holder=holder, created=later(number))
    return replace(new, account=replace(new.account, managed_by=managed_by))


async def some_ids(
    store: Store,
    contract: ContractId,
    debtor: DebtorRef,
    page: Page = ALL,
    valid_at: datetime | None = None,
) -> list[AccountId]:
    found = await store.scan(
        lambda reader: reader.some_bank_accounts_of(contract, debtor, page, valid_at=valid_at)
    )
    return [sealed.account.id for sealed in found]


async def update(store: Store, account: BankAccount) -> BankAccount:
    """Take what is told of an account's use, and return the account as it is kept."""
    await store.write(lambda transaction: transaction.update_account_usage(account))
    found = await kept(store, account.contract_id, account.id)
    assert found is not None
    return found.account


# --- use ------------------------------------------------------------------------------------------


async def test_what_is_told_of_an_accounts_use_is_kept_and_cleared(store: Store) -> None:
    contract = await add_contract(store)
    (account,) = await registered(store, new_account(contract, await add_debtor(store, contract)))
    told = replace(
        account,
        alias="Семья",
        expiry=later(60),
        authorisation=(
            AuthorisationAttribute(name="vin", regex="[A-Z]+", characters_max=8),
            AuthorisationAttribute(name="mileage"),
        ),
        updated=later(1),
    )
    assert await update(store, told) == told
    cleared = replace(account, updated=later(2))
    assert await update(store, cleared) == cleared


async def test_a_change_of_use_changes_nothing_else(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    account, neighbour = await registered(
        store, numbered(contract, debtor, 1), numbered(contract, debtor, 2)
    )
    wanted = replace(account, owner="Somebody else", bic=None, debtor=None, updated=later(1))
    assert await update(store, wanted) == replace(account, updated=later(1))
    found = await kept(store, contract, neighbour.id)
    assert found is not None
    assert found.account == neighbour


# --- pages ----------------------------------------------------------------------------------------


@each_kind
async def test_some_of_a_debtors_accounts_are_the_oldest_of_the_rest(
    store: Store, kind: DebtorKind
) -> None:
    contract = await add_contract(store)
    debtor, other = (
        await add_debtor(store, contract, kind=kind),
        await add_debtor(store, contract, kind=kind),
    )
    batch = [numbered(contract, debtor, number) for number in (3, 1, 2)]
    three, one, two = [each.id for each in await registered(store, *batch)]
    await registered(store, numbered(contract, other, 4))
    assert await some_ids(store, contract, debtor) == [one, two, three]
    assert await some_ids(store, contract, debtor, Page(count=1, offset=1)) == [two]
    assert await some_ids(store, contract, debtor, Page(count=5, offset=3)) == []
    await delete(store, contract, two)
    assert await some_ids(store, contract, debtor) == [one, three]
    assert await some_ids(store, await add_contract(store), debtor) == []


@each_kind
async def test_what_expires_is_left_out_from_that_instant_on(
    store: Store, kind: DebtorKind
) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract, kind=kind)
    forever, expiring = await registered(
        store, numbered(contract, debtor, 1), numbered(contract, debtor, 2)
    )
    await update(store, replace(expiring, expiry=later(10)))
    both = [forever.id, expiring.id]
    assert await some_ids(store, contract, debtor, valid_at=later(9.999999)) == both
    assert await some_ids(store, contract, debtor, valid_at=later(10)) == [forever.id]
    assert await some_ids(store, contract, debtor) == both


# --- managed accounts -----------------------------------------------------------------------------


async def removable(
    store: Store, contract: ContractId, debtor: DebtorRef, client: ClientId, rows_max: int = 100
) -> Sequence[AccountId]:
    return await store.write(
        lambda transaction: transaction.lock_removable_bank_accounts_of(
            contract, debtor, client, rows_max
        )
    )


async def test_an_account_is_kept_with_who_manages_it(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    new = numbered(contract, debtor, 1, managed_by=IDS.new_client_id())
    assert await registered(store, new) == [new.account]
    found = await kept(store, contract, new.account.id)
    assert found is not None
    assert found.account == new.account


@each_kind
async def test_what_another_client_manages_is_not_removable(store: Store, kind: DebtorKind) -> None:
    contract = await add_contract(store)
    debtor, other = (
        await add_debtor(store, contract, kind=kind),
        await add_debtor(store, contract, kind=kind),
    )
    ours, theirs = IDS.new_client_id(), IDS.new_client_id()
    free, own, stays, elsewhere = await registered(
        store,
        numbered(contract, debtor, 1),
        numbered(contract, debtor, 2, managed_by=ours),
        numbered(contract, debtor, 3, managed_by=theirs),
        numbered(contract, other, 1),
    )
    assert await removable(store, await add_contract(store), debtor, ours) == []
    assert await removable(store, contract, debtor, ours) == [free.id, own.id]
    assert await removable(store, contract, debtor, theirs) == [free.id, stays.id]
    assert await removable(store, contract, other, ours) == [elsewhere.id]
    await delete(store, contract, free.id)
    assert await removable(store, contract, debtor, ours) == [own.id]


@each_kind
async def test_no_more_are_removable_at_a_time_than_are_asked_for(
    store: Store, kind: DebtorKind
) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract, kind=kind)
    batch = [numbered(contract, debtor, number) for number in range(5)]
    ids = [account.id for account in await registered(store, *batch)]
    client = IDS.new_client_id()
    assert await removable(store, contract, debtor, client, 2) == ids[:2]
