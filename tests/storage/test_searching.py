"""What is searched for is found on every engine, as plain Python finds it."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from lastschrift.domain.debtor import Debtor, DebtorKind
from lastschrift.domain.errors import SearchTooBroad
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.domain.party import Address, Party
from lastschrift.operations.ports import (
    ANY_CHARACTERS,
    ONE_CHARACTER,
    AllOf,
    AnyOf,
    Condition,
    Everything,
    Field,
    HasFingerprint,
    HasId,
    HasText,
    InstantBetween,
    Matches,
    Not,
    Nothing,
    Order,
    Page,
    Reader,
    Search,
    Store,
    TextBetween,
)
from lastschrift.storage.selecting import Statement
from lastschrift.storage.transaction import SqlReader
from tests.databases import ENGINES, lent_database
from tests.storage.evaluating import holds, in_order, values_of
from tests.storage.filling import (
    IDS,
    NOW,
    SEED_IBAN,
    add_contract,
    add_debtor,
    delete,
    later,
    new_account,
    registered,
)

WHOLE = Page(count=1_000, offset=0)
DEBTORS = 60

# --- debtors and conditions with much in common ---------------------------------------------------

NAMES = [
    "Doe",
    "doe",
    "DOE",
    "Doré",
    "Groß",
    "GROSS",
    "Öz",
    "ö",
    "D%e",
    "D_e",
    "D\\e",
    "*",
    "𝔻oe",
]
NAMES_OR_NONE = [*NAMES, None]
TOWNS = ["Köln", "KÖLN", "Koblenz", None]
TEXT_FIELDS = [
    Field.GIVEN_NAME,
    Field.FAMILY_NAME,
    Field.COMPANY,
    Field.EMAIL,
    Field.PHONE,
    Field.NAME,
    Field.TOWN,
]


def some_debtors(contract: ContractId) -> list[Debtor]:
    random = Random(4)  # the same ones each time
    return [some_debtor(contract, random) for _ in range(DEBTORS)]


def some_debtor(contract: ContractId, random: Random) -> Debtor:
    town = random.choice(TOWNS)
    return Debtor(
        contract_id=contract,
        id=DebtorId(IDS.new_id()),
        kind=DebtorKind.CUSTOMER,
        contact=Party(
            given_name=random.choice(NAMES_OR_NONE),
            family_name=random.choice(NAMES_OR_NONE),
            full_name=random.choice(NAMES_OR_NONE),
            company=random.choice(NAMES_OR_NONE),
            email=random.choice(NAMES_OR_NONE),
            phone=random.choice(NAMES_OR_NONE),
            birth_date=random.choice([None, date(1901, 2, 3), date(1999, 12, 31)]),
            address=None if town is None else Address(town=town),
        ),
        created=later(random.randrange(4)),
    )


TEXTS = st.sampled_from([name.casefold() for name in NAMES] + ["", "d", "k", "köln", "z"])
PIECES = st.lists(TEXTS.filter(bool) | st.sampled_from([ANY_CHARACTERS, ONE_CHARACTER]), max_size=4)
INSTANTS = st.none() | st.integers(-1, 5).map(later)
FIELDS = st.sampled_from(TEXT_FIELDS)
DATES = st.none() | st.sampled_from(["1901-02-03", "1950-01-01"])
SIMPLE: st.SearchStrategy[Condition] = st.one_of(
    st.just(Everything()),
    st.just(Nothing()),
    st.builds(HasText, FIELDS, TEXTS),
    st.builds(Matches, FIELDS, PIECES.map(tuple)),
    st.builds(TextBetween, FIELDS, st.none() | TEXTS, st.none() | TEXTS),
    st.builds(TextBetween, st.just(Field.BIRTH_DATE), DATES, DATES),
    st.builds(InstantBetween, st.sampled_from([Field.CREATED, Field.UPDATED]), INSTANTS, INSTANTS),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    SIMPLE,
    lambda parts: st.one_of(
        st.builds(Not, parts),
        st.builds(AllOf, st.lists(parts, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(parts, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
ORDERS = st.lists(
    st.builds(
        Order,
        st.sampled_from([Field.CREATED, Field.UPDATED, Field.ID, *TEXT_FIELDS]),
        st.booleans(),
    ),
    max_size=3,
).map(tuple)
PAGES = st.just(WHOLE) | st.builds(Page, st.integers(0, 9), st.integers(0, 9))


@pytest.mark.parametrize("engine", ENGINES)
def test_sql_finds_what_python_finds(engine: str, tmp_path: Path) -> None:
    with lent_database(engine, tmp_path) as database, asyncio.Runner() as runner:
        stack = AsyncExitStack()
        store: Store = runner.run(stack.enter_async_context(database.opened()))
        contract, debtors = runner.run(fill(store))

        @settings(max_examples=150)
        @given(CONDITIONS, ORDERS, PAGES)
        def check(condition: Condition, order: tuple[Order, ...], page: Page) -> None:
            search = Search(page=page, condition=condition, order=order)
            found = runner.run(ask(store, contract, search))
            matching = [debtor for debtor in debtors if holds(condition, values_of(debtor))]
            expected = in_order(matching, order)[page.offset : page.offset + page.count]
            assert found == (expected, len(matching))

        try:
            check()
        finally:
            runner.run(stack.aclose())


async def fill(store: Store) -> tuple[ContractId, list[Debtor]]:
    """Keep some debtors, and others that nothing may find; some are changed afterwards."""
    contract, other = await add_contract(store), await add_contract(store)
    for debtor in [*some_debtors(contract), *some_debtors(other)]:
        await keep(store, debtor)
    await add_debtor(store, contract, kind=DebtorKind.SERVICE_IDENTITY)
    debtors = list(await everything(store, contract))
    for place in range(0, DEBTORS, 5):
        contact = debtors[place - 1].contact
        changed = structs.replace(debtors[place], contact=contact, updated=later(place % 3))
        await change(store, changed)
        debtors[place] = changed
    gone = debtors.pop()
    await store.write(lambda transaction: transaction.delete_debtor(contract, gone.id, NOW))
    return contract, debtors


async def keep(store: Store, debtor: Debtor) -> None:
    await store.write(lambda transaction: transaction.add_debtor(debtor))


async def change(store: Store, debtor: Debtor) -> None:
    await store.write(lambda transaction: transaction.update_debtor(debtor))


async def everything(store: Store, contract: ContractId) -> Sequence[Debtor]:
    return await store.scan(lambda reader: reader.customers(contract, Search(page=WHOLE)))


async def ask(store: Store, contract: ContractId, search: Search) -> tuple[list[Debtor], int]:
    found = await store.scan(lambda reader: reader.customers(contract, search))
    total = await store.scan(
        lambda reader: reader.count_customers(contract, search.condition, None)
    )
    return list(found), total


# --- bank accounts --------------------------------------------------------------------------------


async def found_accounts(store: Store, contract: ContractId, condition: Condition) -> list[str]:
    """Return the owners of the accounts that are found."""
    search = Search(page=WHOLE, condition=condition)
    found = await store.scan(lambda reader: reader.bank_accounts(contract, search))
    total = await store.scan(lambda reader: reader.count_bank_accounts(contract, condition, None))
    assert total == len(found)
    return [sealed.account.owner or "" for sealed in found]


@pytest.mark.anyio
async def test_accounts_are_found_by_what_they_are(store: Store) -> None:
    contract = await add_contract(store)
    customer = await add_debtor(store, contract)
    payer = await add_debtor(store, contract, kind=DebtorKind.SERVICE_IDENTITY)
    doe = new_account(contract, customer, owner="John Doe")
    gross = new_account(contract, payer, owner="Anna Groß", created=later(1))
    nobody = new_account(contract, None, owner=None, bank=None, created=later(2))
    await registered(store, doe, gross, nobody)
    doe_id = doe.account.id
    expected: dict[Condition, list[str]] = {
        HasFingerprint(doe.fingerprints.odd or b""): ["John Doe", "Anna Groß", ""],
        HasFingerprint(bytes(32)): [],
        HasId(Field.ID, doe_id): ["John Doe"],
        HasId(Field.CUSTOMER, customer.id): ["John Doe"],
        HasId(Field.CUSTOMER, payer.id): [],
        Not(HasId(Field.CUSTOMER, customer.id)): ["Anna Groß", ""],
        HasText(Field.OWNER, "anna gross"): ["Anna Groß"],
        HasText(Field.OWNER, ""): [""],
        HasText(Field.BIC, "cobadeffxxx"): ["John Doe", "Anna Groß"],
        InstantBetween(Field.CREATED, later(1), None): ["Anna Groß", ""],
    }
    assert doe.iban == SEED_IBAN
    for condition, owners in expected.items():
        assert await found_accounts(store, contract, condition) == owners, condition
    await delete(store, contract, doe_id)
    assert await found_accounts(store, contract, HasId(Field.ID, doe_id)) == []


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_no_more_is_counted_than_asked_for(store: Store) -> None:
    contract = await add_contract(store)
    for _ in range(3):
        await add_debtor(store, contract)
    for most, counted in ((2, 2), (3, 3), (4, 3), (None, 3)):
        assert await count_up_to(store, contract, most) == counted


async def count_up_to(store: Store, contract: ContractId, most: int | None) -> int:
    return await store.scan(lambda reader: reader.count_customers(contract, Everything(), most))


@pytest.mark.anyio
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_search_that_takes_too_long_is_ended(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lastschrift.storage.sqlite.connection.SEARCH_S_MAX", -1.0)
    monkeypatch.setattr("lastschrift.storage.sqlite.connection._LOOK_STEPS", 1)
    contract = await add_contract(store)
    with pytest.raises(SearchTooBroad):
        await everything(store, contract)
    monkeypatch.undo()
    assert await everything(store, contract) == []


@pytest.mark.anyio
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_a_search_that_waits_too_long_is_ended(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "lastschrift.storage.postgres.engine._SEARCHING", "SET LOCAL statement_timeout = 50"
    )

    async def wait(reader: Reader) -> None:
        assert isinstance(reader, SqlReader)
        await reader._engine.search(Statement("SELECT pg_sleep(9)", ()))

    async def wait_beside(reader: Reader) -> None:
        assert isinstance(reader, SqlReader)
        await reader._engine.search(Statement("SELECT 1", ()))
        await reader._engine.fetch("SELECT pg_sleep(9)")

    for too_broad in (wait, wait_beside):
        with pytest.raises(SearchTooBroad):
            await store.scan(too_broad)

    async def limit(reader: Reader) -> str:
        assert isinstance(reader, SqlReader)
        ((found,),) = await reader._engine.fetch("SHOW statement_timeout")
        return str(found)

    assert await store.read(limit) == "0"
