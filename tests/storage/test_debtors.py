"""What every store does with debtors: kept as they are told, listed oldest first."""

import asyncio
from datetime import date
from functools import partial

import pytest
from msgspec.structs import replace

from lastschrift.domain.debtor import Debtor, DebtorKind
from lastschrift.domain.identity import DebtorId
from lastschrift.domain.party import Address, Party
from lastschrift.operations.ports import NewDebtor, Page, Reader, Store
from lastschrift.operations.register_debtor import register_debtors
from tests.audit.trails import verified
from tests.databases import Database
from tests.storage.filling import (
    IDS,
    NOW,
    add_contract,
    add_debtor,
    audited_debtor,
    later,
    list_customers,
)

pytestmark = pytest.mark.anyio

EVERYTHING = Party(
    salutation="Mr.",
    title="Dr.",
    given_name="Jürgen",
    family_name="Groß 例 ☕ \U0001f600 e\u0301",
    full_name="J. Groß",
    company="Example Inc.",
    gender="m",
    birth_date=date(1891, 2, 3),
    birth_place="Berlin",
    nationality="DE",
    email="example@example.com",
    phone="0049-123-456789",
    mobile="0049-987-654321",
    fax="0049-123-456780",
    website="https://example.com",
    picture="https://example.com/john.png",
    address=Address(
        street="Example Street",
        building_number="6a",
        post_code="01234",
        town="Examplecity",
        country="Germany",
        additional='c/o "Roe" \\ x',
        kind="home",
    ),
)


@pytest.mark.parametrize(
    "contact", [EVERYTHING, Party(), Party(address=Address()), Party(given_name="")]
)
async def test_a_debtor_is_kept_as_it_was_told(store: Store, contact: Party) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract, contact=contact)
    assert await store.read(lambda reader: reader.customer(contract, debtor.id)) == Debtor(
        contract_id=contract,
        id=debtor.id,
        kind=DebtorKind.CUSTOMER,
        contact=contact,
        created=NOW,
    )


@pytest.mark.parametrize("length", [1, 2, 64, 300])
async def test_debtors_that_come_together_are_all_kept_and_written_down(
    store: Store, database: Database, length: int
) -> None:
    contracts = [await add_contract(store), await add_contract(store)]
    batch = [audited_debtor(contracts[number % 2]) for number in range(length)]
    batch[0] = replace(batch[0], debtor=replace(batch[0].debtor, contact=EVERYTHING))
    write = store.write_batched
    saved = [write(register_debtors, partial(_same, new)) for new in batch]
    assert await asyncio.gather(*saved) == [new.debtor for new in batch]
    for new in (batch[0], batch[-1]):
        kept = await store.read(partial(_customer, new.debtor))
        assert kept == new.debtor
    trail = await verified(database)
    assert (trail.entries, trail.faults) == (length, [])


def _same(new: NewDebtor) -> NewDebtor:
    return new


async def _customer(debtor: Debtor, reader: Reader) -> Debtor | None:
    return await reader.customer(debtor.contract_id, debtor.id)


async def test_a_debtor_of_another_contract_is_not_found(store: Store) -> None:
    ours, theirs = await add_contract(store), await add_contract(store)
    debtor = await add_debtor(store, theirs)
    assert await store.read(lambda reader: reader.customer(ours, debtor.id)) is None


async def test_a_service_identity_is_no_customer(store: Store) -> None:
    contract = await add_contract(store)
    debtor = await add_debtor(store, contract, kind=DebtorKind.SERVICE_IDENTITY)
    assert await store.read(lambda reader: reader.customer(contract, debtor.id)) is None
    listing = await list_customers(store, contract, Page(20, 0))
    assert (listing.total, list(listing.items)) == (0, [])


async def test_the_same_data_may_be_kept_many_times(store: Store) -> None:
    contract = await add_contract(store)
    for _ in range(3):
        await add_debtor(store, contract, contact=EVERYTHING)
    listing = await list_customers(store, contract, Page(20, 0))
    assert listing.total == 3


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (Page(count=9, offset=0), [3, 1, 2, 0]),
        (Page(count=2, offset=1), [1, 2]),
        (Page(count=2, offset=3), [0]),
        (Page(count=2, offset=4), []),
        (Page(count=0, offset=0), []),
    ],
)
async def test_a_list_is_sorted_by_creation_then_id_and_cut_into_pages(
    store: Store, page: Page, expected: list[int]
) -> None:
    contract, other = await add_contract(store), await add_contract(store)
    created = [later(2), later(1), later(1), NOW]
    ids = [(await add_debtor(store, contract, created=instant)).id for instant in created]
    await add_debtor(store, other)
    listing = await list_customers(store, contract, page)
    assert listing.total == 4
    assert [debtor.id for debtor in listing.items] == [ids[number] for number in expected]


async def test_a_debtor_that_was_never_kept_is_not_found(store: Store) -> None:
    contract = await add_contract(store)
    await add_debtor(store, contract)
    unknown = DebtorId(IDS.new_id())
    assert await store.read(lambda reader: reader.customer(contract, unknown)) is None
