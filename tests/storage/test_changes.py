"""What every store does with changes: locks, look-ups under them, what a change leaves alone."""

import pytest
from msgspec.structs import replace

from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.identity import AccountId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.ports import Fingerprints, SealedBankAccount, Store
from tests.storage.filling import (
    IDS,
    OTHER_IBAN,
    add_contract,
    add_debtor,
    delete,
    kept,
    kept_ids,
    later,
    new_account,
    registered,
    without_audit,
)

pytestmark = pytest.mark.anyio


# --- debtors --------------------------------------------------------------------------------------


async def test_only_a_customer_is_locked_as_one(store: Store) -> None:
    contract, other = await add_contract(store), await add_contract(store)
    customer = await add_debtor(store, contract)
    identity = await add_debtor(store, contract, kind=DebtorKind.SERVICE_IDENTITY)
    assert await store.write(lambda tx: tx.lock_customer(contract, customer.id)) is not None
    assert await store.write(lambda tx: tx.lock_customer(contract, identity.id)) is None
    assert await store.write(lambda tx: tx.lock_customer(other, customer.id)) is None


async def test_a_debtor_is_locked_by_its_id_and_kind(store: Store) -> None:
    contract = await add_contract(store)
    identity = await add_debtor(store, contract, kind=DebtorKind.SERVICE_IDENTITY)
    mistaken = DebtorRef(identity.id, DebtorKind.CUSTOMER)
    assert await store.write(lambda tx: tx.lock_debtor(contract, identity))
    assert not await store.write(lambda tx: tx.lock_debtor(contract, mistaken))


async def test_a_deleted_debtor_is_neither_found_nor_locked(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    await store.write(lambda tx: tx.delete_debtor(contract, debtor.id, later(1)))
    assert await store.read(lambda reader: reader.customer(contract, debtor.id)) is None
    assert await store.write(lambda tx: tx.lock_customer(contract, debtor.id)) is None
    assert not await store.write(lambda tx: tx.lock_debtor(contract, debtor))


async def test_new_contact_data_is_kept(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract, contact=Party(company="Example Inc."))
    before = await store.read(lambda reader: reader.customer(contract, debtor.id))
    assert before is not None
    changed = replace(before, contact=Party(given_name="Jane"), updated=later(1))
    await store.write(lambda tx: tx.update_debtor(changed))
    assert await store.read(lambda reader: reader.customer(contract, debtor.id)) == changed


# --- bank accounts --------------------------------------------------------------------------------


async def test_a_locked_account_is_told_with_its_fingerprint(store: Store) -> None:
    contract = await add_contract(store)
    new = new_account(contract, await add_debtor(store, contract))
    await registered(store, new)
    locked = await store.write(lambda tx: tx.lock_bank_account(contract, new.account.id))
    assert locked is not None
    assert (locked.sealed, locked.fingerprints) == (without_audit(new), new.fingerprints)
    nobodys = AccountId(IDS.new_id())
    assert await store.write(lambda tx: tx.lock_bank_account(contract, nobodys)) is None


async def test_an_iban_is_found_with_who_holds_it(store: Store) -> None:
    contract = await add_contract(store)
    debtor, other = await add_debtor(store, contract), await add_debtor(store, contract)
    new = new_account(contract, debtor)
    await registered(store, new)

    async def holding(who: DebtorId, fingerprints: Fingerprints) -> AccountId | None:
        return await store.write(lambda tx: tx.bank_account_with(contract, who, fingerprints))

    assert await holding(debtor.id, new.fingerprints) == new.account.id
    assert await holding(other.id, new.fingerprints) is None
    assert await holding(debtor.id, new_account(contract, None, OTHER_IBAN).fingerprints) is None
    await delete(store, contract, new.account.id)
    assert await holding(debtor.id, new.fingerprints) is None


async def test_a_changed_account_is_kept_with_what_did_not_change(store: Store) -> None:
    contract = await add_contract(store)
    new = new_account(contract, None, holder=Party(company="Clean House GmbH"))
    await registered(store, new)
    other = new_account(contract, await add_debtor(store, contract), OTHER_IBAN)
    changed = replace(
        new.account,
        debtor=other.account.debtor,
        iban_last_four=OTHER_IBAN.last_four,
        bic="FTSBDEFAXXX",
        bank_name=None,
        owner="Jane Doe",
        updated=later(1),
    )
    await store.write(
        lambda tx: tx.update_bank_account(changed, other.sealed_iban, other.fingerprints)
    )
    found = await kept(store, contract, changed.id)
    assert found == SealedBankAccount(changed, other.sealed_iban)
    locked = await store.write(lambda tx: tx.lock_bank_account(contract, changed.id))
    assert locked is not None
    assert locked.fingerprints == other.fingerprints


async def test_an_account_goes_from_debtor_to_debtor_to_nobody(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    (account,) = await registered(store, new_account(contract, None))
    key = account.id
    await store.write(lambda tx: tx.assign_bank_account(contract, key, debtor.id, later(1)))
    found = await kept(store, contract, key)
    assert found is not None
    assert (found.account.debtor, found.account.updated) == (debtor, later(1))
    await store.write(lambda tx: tx.assign_bank_account(contract, key, None, later(2)))
    found = await kept(store, contract, key)
    assert found is not None
    assert (found.account.debtor, found.account.updated) == (None, later(2))


async def test_an_archived_account_is_read_only_by_its_id(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    new = new_account(contract, debtor)
    await registered(store, new)
    await store.write(lambda tx: tx.archive_bank_account(contract, new.account.id, later(1)))
    assert await kept(store, contract, new.account.id) is None
    assert await kept_ids(store, contract, debtor) == []
    found = await store.read(lambda r: r.readable_bank_account(contract, new.account.id))
    archived = replace(new.account, archived=later(1), updated=later(1))
    assert found == SealedBankAccount(archived, new.sealed_iban)
    await delete(store, contract, new.account.id)
    assert await store.read(lambda r: r.readable_bank_account(contract, new.account.id)) is None


async def test_an_archived_account_goes_with_its_debtor(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    (account,) = await registered(store, new_account(contract, debtor))
    await store.write(lambda tx: tx.archive_bank_account(contract, account.id, later(1)))
    await store.write(lambda tx: tx.delete_debtor(contract, debtor.id, later(2)))
    assert await store.read(lambda r: r.readable_bank_account(contract, account.id)) is None


async def test_all_live_accounts_of_a_debtor_are_deleted(store: Store) -> None:
    contract = await add_contract(store)
    debtor, other = await add_debtor(store, contract), await add_debtor(store, contract)
    accounts = await registered(
        store, new_account(contract, debtor), new_account(contract, debtor, OTHER_IBAN)
    )
    (spared,) = await registered(store, new_account(contract, other))
    deleted = await store.write(
        lambda tx: tx.delete_bank_accounts_of(contract, debtor.id, later(1))
    )
    assert set(deleted) == {account.id for account in accounts}
    assert await kept_ids(store, contract, debtor) == []
    assert await kept_ids(store, contract, other) == [spared.id]
    again = await store.write(lambda tx: tx.delete_bank_accounts_of(contract, debtor.id, later(2)))
    assert list(again) == []
