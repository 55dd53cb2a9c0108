"""What every store does with bank accounts: once per debtor, and an id is taken for ever."""

from datetime import timedelta

import pytest

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import (
    AccountIdTaken,
    BankAccountAlreadyRegistered,
    DebtorAccessDenied,
    DomainError,
)
from lastschrift.domain.identity import AccountId, DebtorId
from lastschrift.domain.party import Address, Party
from lastschrift.operations.ports import NewBankAccount, Page, Store
from tests.storage.filling import (
    IDS,
    NOW,
    OTHER_IBAN,
    SEED_IBAN,
    add_contract,
    add_debtor,
    delete,
    german_iban,
    kept,
    kept_ids,
    later,
    list_accounts,
    new_account,
    register,
    registered,
    without_audit,
)

pytestmark = pytest.mark.anyio

NO_PAGE_END = Page(count=1_000, offset=0)


def assert_duplicate_of(outcome: BankAccount | DomainError, original: NewBankAccount) -> None:
    assert isinstance(outcome, BankAccountAlreadyRegistered)
    assert outcome.account_id == original.account.id
    assert outcome.iban == original.iban


# --- keeping one ----------------------------------------------------------------------------------


async def test_an_account_is_kept_as_it_was_registered(store: Store) -> None:
    contract = await add_contract(store)
    new = new_account(contract, await add_debtor(store, contract))
    assert await registered(store, new) == [new.account]
    assert await kept(store, contract, new.account.id) == without_audit(new)


async def test_an_account_is_kept_with_all_that_is_known_of_its_holder(store: Store) -> None:
    contract = await add_contract(store)
    holder = Party(
        title="Prof. Dr.",
        company="Clean House GmbH",
        email="jon.smith@example.com",
        address=Address(street="Haid-und-Neu-Straße", town="Karlsruhe", country="DE"),
    )
    new = new_account(contract, await add_debtor(store, contract), holder=holder)
    await registered(store, new)
    assert await kept(store, contract, new.account.id) == without_audit(new)


async def test_an_account_of_an_unknown_bank_and_owner_is_kept(store: Store) -> None:
    contract = await add_contract(store)
    new = new_account(contract, None, bank=None, owner=None)
    await registered(store, new)
    assert await kept(store, contract, new.account.id) == without_audit(new)


async def test_an_account_of_another_contract_is_not_found(store: Store) -> None:
    ours, theirs = await add_contract(store), await add_contract(store)
    (account,) = await registered(store, new_account(theirs, None))
    assert await kept(store, ours, account.id) is None


# --- once per debtor ------------------------------------------------------------------------------


async def test_an_iban_that_the_debtor_holds_is_a_duplicate(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    first, second = new_account(contract, debtor), new_account(contract, debtor)
    await registered(store, first)
    (outcome,) = await register(store, second)
    assert_duplicate_of(outcome, first)
    assert await kept_ids(store, contract, debtor) == [first.account.id]


async def test_of_duplicates_in_one_batch_the_first_is_kept(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    batch = [new_account(contract, debtor) for _ in range(3)]
    outcomes = await register(store, *batch)
    assert outcomes[0] is batch[0].account
    assert_duplicate_of(outcomes[1], batch[0])
    assert_duplicate_of(outcomes[2], batch[0])
    assert await kept_ids(store, contract, debtor) == [batch[0].account.id]


async def test_a_debtor_may_hold_several_ibans(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    batch = new_account(contract, debtor), new_account(contract, debtor, OTHER_IBAN)
    await registered(store, *batch)


async def test_an_iban_may_be_held_by_several_debtors(store: Store) -> None:
    contract = await add_contract(store)
    batch = [new_account(contract, await add_debtor(store, contract)) for _ in range(2)]
    await registered(store, *batch)


async def test_an_iban_without_debtor_may_repeat(store: Store) -> None:
    contract = await add_contract(store)
    await registered(store, new_account(contract, None), new_account(contract, None))
    await registered(store, new_account(contract, None))


async def test_an_iban_may_be_held_in_several_contracts(store: Store) -> None:
    contracts = [await add_contract(store) for _ in range(2)]
    batch = [new_account(each, await add_debtor(store, each)) for each in contracts]
    await registered(store, *batch)


# --- ids ------------------------------------------------------------------------------------------


async def test_an_id_that_another_account_has_is_taken(store: Store) -> None:
    contract = await add_contract(store)
    (account,) = await registered(store, new_account(contract, None))
    debtor = await add_debtor(store, contract)
    again = new_account(contract, debtor, OTHER_IBAN, account_id=account.id)
    (outcome,) = await register(store, again)
    assert isinstance(outcome, AccountIdTaken)
    assert await kept_ids(store, contract, debtor) == []


async def test_an_id_that_stands_twice_in_a_batch_goes_to_one_of_them(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    first = new_account(contract, debtor)
    second = new_account(contract, debtor, OTHER_IBAN, account_id=first.account.id)
    outcomes = await register(store, first, second)
    winner, loser = (first, 1) if outcomes[0] is first.account else (second, 0)
    assert outcomes[1 - loser] is winner.account
    assert isinstance(outcomes[loser], AccountIdTaken)
    assert await kept(store, contract, first.account.id) == without_audit(winner)


async def test_the_same_account_twice_in_a_batch_is_a_duplicate(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    first = new_account(contract, debtor)
    again = new_account(contract, debtor, account_id=first.account.id)
    outcomes = await register(store, first, again)
    assert outcomes[0] is first.account
    assert_duplicate_of(outcomes[1], first)


async def test_an_id_whose_first_claim_is_refused_goes_to_the_next(store: Store) -> None:
    contract = await add_contract(store)
    missing = DebtorRef(DebtorId(IDS.new_id()), DebtorKind.CUSTOMER)
    refused = new_account(contract, missing)
    heirs = [new_account(contract, None, account_id=refused.account.id) for _ in range(2)]
    outcomes = await register(store, refused, *heirs)
    assert isinstance(outcomes[0], DebtorAccessDenied | AccountIdTaken)  # both are true by then
    assert outcomes[1] is heirs[0].account
    assert isinstance(outcomes[2], AccountIdTaken)


async def test_an_id_may_be_had_in_several_contracts(store: Store) -> None:
    ours, theirs = await add_contract(store), await add_contract(store)
    account_id = AccountId(IDS.new_id())
    batch = [new_account(each, None, account_id=account_id) for each in (ours, theirs)]
    await registered(store, *batch)
    for new in batch:
        assert await kept(store, new.account.contract_id, account_id) == without_audit(new)


async def test_a_duplicate_is_told_before_a_taken_id(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    held, other = new_account(contract, debtor), new_account(contract, debtor, OTHER_IBAN)
    await registered(store, held, other)
    (outcome,) = await register(store, new_account(contract, debtor, account_id=other.account.id))
    assert_duplicate_of(outcome, held)


async def test_a_taken_id_is_told_before_a_missing_debtor(store: Store) -> None:
    contract = await add_contract(store)
    (account,) = await registered(store, new_account(contract, None))
    missing = DebtorRef(DebtorId(IDS.new_id()), DebtorKind.CUSTOMER)
    (outcome,) = await register(store, new_account(contract, missing, account_id=account.id))
    assert isinstance(outcome, AccountIdTaken)


# --- debtors --------------------------------------------------------------------------------------


async def test_a_debtor_that_there_is_not_is_denied(store: Store) -> None:
    contract = await add_contract(store)
    missing = DebtorRef(DebtorId(IDS.new_id()), DebtorKind.CUSTOMER)
    new = new_account(contract, missing)
    (outcome,) = await register(store, new)
    assert isinstance(outcome, DebtorAccessDenied)
    assert outcome.debtor_id == missing.id
    assert await kept(store, contract, new.account.id) is None


async def test_a_debtor_of_another_contract_is_denied(store: Store) -> None:
    ours, theirs = await add_contract(store), await add_contract(store)
    debtor = await add_debtor(store, theirs)
    (outcome,) = await register(store, new_account(ours, debtor))
    assert isinstance(outcome, DebtorAccessDenied)


@pytest.mark.parametrize("kind", DebtorKind)
async def test_a_debtor_of_another_kind_is_denied(store: Store, kind: DebtorKind) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract, kind=kind)
    others = [DebtorRef(debtor.id, other) for other in DebtorKind if other is not kind]
    outcomes = await register(store, *(new_account(contract, other) for other in others))
    assert all(isinstance(outcome, DebtorAccessDenied) for outcome in outcomes)
    await registered(store, new_account(contract, debtor))


# --- many at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 127, 128, 129, 300])
async def test_a_batch_of_any_length_is_kept_whole(store: Store, count: int) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    batch = [new_account(contract, debtor, german_iban(number)) for number in range(count)]
    await registered(store, *batch)
    assert len(await kept_ids(store, contract, debtor)) == count
    outcomes = await register(store, *[new_account(contract, debtor, new.iban) for new in batch])
    for outcome, new in zip(outcomes, batch, strict=True):
        assert_duplicate_of(outcome, new)


async def test_what_is_refused_does_not_harm_its_neighbours(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    missing = DebtorRef(DebtorId(IDS.new_id()), DebtorKind.CUSTOMER)
    good = [new_account(contract, debtor, german_iban(number)) for number in range(200)]
    bad = [new_account(contract, missing, german_iban(number)) for number in range(200)]
    outcomes = await register(store, *[new for pair in zip(bad, good, strict=True) for new in pair])
    assert all(isinstance(outcome, DebtorAccessDenied) for outcome in outcomes[::2])
    assert outcomes[1::2] == [new.account for new in good]
    assert len(await kept_ids(store, contract, debtor)) == len(good)


async def test_an_empty_batch_changes_nothing(store: Store) -> None:
    assert await register(store) == []


# --- deleting -------------------------------------------------------------------------------------


async def test_a_deleted_account_is_hidden_everywhere(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    (account,) = await registered(store, new_account(contract, debtor))
    await delete(store, contract, account.id)
    listing = await list_accounts(store, contract, NO_PAGE_END)
    assert (listing.total, list(listing.items)) == (0, [])
    assert await kept_ids(store, contract, debtor) == []
    assert await kept(store, contract, account.id) is None


async def test_a_deleted_account_frees_its_iban(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    for _ in range(3):
        (account,) = await registered(store, new_account(contract, debtor))
        await delete(store, contract, account.id)
    await registered(store, new_account(contract, debtor))


async def test_a_deleted_account_keeps_its_id(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract)
    (account,) = await registered(store, new_account(contract, debtor))
    await delete(store, contract, account.id)
    (outcome,) = await register(store, new_account(contract, debtor, account_id=account.id))
    assert isinstance(outcome, AccountIdTaken)


async def test_an_account_of_another_contract_can_not_be_deleted(store: Store) -> None:
    ours, theirs = await add_contract(store), await add_contract(store)
    (account,) = await registered(store, new_account(theirs, None))
    await delete(store, ours, account.id)
    assert await kept(store, theirs, account.id) is not None


# --- lists ----------------------------------------------------------------------------------------


async def test_a_list_is_sorted_by_creation_then_id(store: Store) -> None:
    contract = await add_contract(store)
    ids = [AccountId(IDS.new_id()) for _ in range(4)]
    created = [later(2), later(1), later(1), NOW]
    order = [ids[3], ids[1], ids[2], ids[0]]
    debtor = await add_debtor(store, contract)
    batch = [
        new_account(contract, debtor, german_iban(number), account_id=ids[number], created=instant)
        for number, instant in enumerate(created)
    ]
    await registered(store, *reversed(batch))
    listing = await list_accounts(store, contract, NO_PAGE_END)
    assert [sealed.account.id for sealed in listing.items] == order
    assert await kept_ids(store, contract, debtor) == order


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (Page(count=2, offset=0), [0, 1]),
        (Page(count=2, offset=2), [2, 3]),
        (Page(count=2, offset=4), [4]),
        (Page(count=2, offset=5), []),
        (Page(count=0, offset=0), []),
        (Page(count=9, offset=1), [1, 2, 3, 4]),
    ],
)
async def test_a_page_is_a_piece_of_the_list(store: Store, page: Page, expected: list[int]) -> None:
    contract, other = await add_contract(store), await add_contract(store)
    batch = [
        new_account(contract, None, created=NOW + timedelta(microseconds=number))
        for number in range(5)
    ]
    await registered(store, *batch, new_account(other, None))
    listing = await list_accounts(store, contract, page)
    assert listing.total == 5
    assert list(listing.items) == [without_audit(batch[number]) for number in expected]


async def test_a_debtors_list_has_no_other_debtors_accounts(store: Store) -> None:
    contract = await add_contract(store)
    debtor, other = await add_debtor(store, contract), await add_debtor(store, contract)
    mine, theirs = new_account(contract, debtor), new_account(contract, other)
    await registered(store, theirs, new_account(contract, None), mine)
    assert await kept_ids(store, contract, debtor) == [mine.account.id]
    assert mine.iban == SEED_IBAN
