"""The total of a long list: what is remembered, and what came and went since, add up."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from random import Random
from typing import Any

import pytest

from lastschrift.domain.errors import SearchTooBroad
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.begin_debtor_scroll import begin_debtor_scroll
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.delete_debtor import DeleteDebtor, delete_debtor
from lastschrift.operations.list_debtors import list_debtors
from lastschrift.operations.ports import (
    Condition,
    Everything,
    Field,
    HasText,
    Page,
    Ports,
    Search,
)
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.operations.remember_totals import remember_totals
from lastschrift.operations.reveal_bank_accounts import reveal_bank_accounts
from lastschrift.operations.scrolling import BeginScroll
from lastschrift.operations.totals import Tally
from lastschrift.storage.transaction import SqlReader
from tests.house import House
from tests.operations.merchants import Merchant, merchant_of

pytestmark = pytest.mark.anyio

NOTHING = Page(0, 0)
ALL = Search(page=NOTHING)
DOE = Search(page=NOTHING, condition=HasText(Field.FAMILY_NAME, "doe"))


@pytest.fixture
async def merchant(house: House) -> Merchant:
    return await merchant_of(house)


@pytest.fixture(autouse=True)
def _short_lists_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    for verb in ("totals", "list_debtors", "reveal_bank_accounts"):
        monkeypatch.setattr(f"lastschrift.operations.{verb}.COUNTED_MAX", 2)
    monkeypatch.setattr("lastschrift.operations.totals._PIECE_MAX", 2)


def never_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lastschrift.operations.totals.TOTAL_AGE_S_MAX", 3600.0)


def always_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lastschrift.operations.totals.TOTAL_AGE_S_MAX", -1.0)


async def save(merchant: Merchant) -> DebtorId:
    command = RegisterDebtor(
        contract_id=merchant.contract, client_id=merchant.client, contact=Party(family_name="Doe")
    )
    return (await register_debtor(merchant.house.ports, command)).id


async def delete(merchant: Merchant, debtor: DebtorId) -> None:
    command = DeleteDebtor(
        contract_id=merchant.contract, client_id=merchant.client, debtor_id=debtor
    )
    await delete_debtor(merchant.house.ports, command)


async def total(merchant: Merchant, search: Search = ALL) -> int:
    return (await list_debtors(merchant.house.ports, merchant.contract, search)).total


@pytest.mark.parametrize("seed", range(4))
async def test_a_total_is_exact_when_it_is_counted_whatever_came_and_went(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    always_too_old(monkeypatch)
    random = Random(seed)  # a history that can be repeated
    there = [merchant.debtor.id]
    for _ in range(30):
        merchant.house.clock.advance(random.choice([0, 1, 30, 59, 61, 300]))
        if random.random() < 0.6 or len(there) < 3:
            there.append(await save(merchant))
        else:
            await delete(merchant, there.pop(random.randrange(len(there))))
        if random.random() < 0.6:
            assert await total(merchant) == len(there)


async def test_a_total_is_exact_after_the_clock_was_set_back(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    always_too_old(monkeypatch)
    for count in (2, 3):
        await save(merchant)
        assert await total(merchant) == count
    merchant.house.clock.advance(-86_400)
    for count in (4, 5):
        await save(merchant)
        assert await total(merchant) == count


async def test_accounts_are_counted_as_customers_are(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    always_too_old(monkeypatch)
    ports, contract = merchant.house.ports, merchant.contract
    accounts = [(await merchant.register(number=number)).account for number in range(6)]
    for left, account in zip(range(5, 2, -1), accounts, strict=False):
        merchant.house.clock.advance(45)
        command = DeleteBankAccount(
            contract_id=contract, client_id=merchant.client, account_id=account.id
        )
        await delete_bank_account(ports, command)
        assert (await reveal_bank_accounts(ports, contract, ALL)).total == left


async def test_a_large_total_may_be_a_bit_old(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_too_old(monkeypatch)
    for _ in range(3):
        await save(merchant)
    assert (await total(merchant), await total(merchant, DOE)) == (4, 3)
    await save(merchant)
    assert (await total(merchant), await total(merchant, DOE)) == (4, 3)


async def test_a_small_total_is_never_old(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_too_old(monkeypatch)
    assert await total(merchant) == 1
    await save(merchant)
    assert await total(merchant) == 2


async def test_a_list_that_takes_too_long_to_count_does_not_stop_the_others(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_too_old(monkeypatch)
    monkeypatch.setattr("lastschrift.operations.remember_totals.COUNTED_MAX", 2)
    others = [await merchant_of(merchant.house) for _ in range(2)]
    everyone = [merchant, *others]
    for one in everyone:
        for _ in range(3):
            await save(one)
    asked: list[ContractId] = []

    async def too_broad_for_the_first(_ports: Ports, contract: ContractId, *_asked: object) -> None:
        asked.append(contract)
        if len(asked) == 1:
            raise SearchTooBroad

    monkeypatch.setattr("lastschrift.operations.remember_totals.total_of", too_broad_for_the_first)
    assert await remember_totals(merchant.house.ports) == len(everyone)
    assert set(asked) >= {one.contract for one in everyone}


def slow_beyond(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let counting more customers than ``most`` at a time take longer than it may."""
    count = SqlReader.count_customers

    async def count_slowly(
        reader: SqlReader, contract: ContractId, condition: Condition, limit: int | None
    ) -> int:
        counted = await count(reader, contract, condition, limit)
        if counted > most:
            raise SearchTooBroad
        return counted

    monkeypatch.setattr(SqlReader, "count_customers", count_slowly)


def after_each_piece(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch, change: Callable[[], Awaitable[None]]
) -> None:
    """Have something else done whenever a piece has been counted, and others are left."""
    recall = merchant.house.ports.store.recall

    async def recall_and_change(
        _store: object, what: Hashable, query: Callable[..., Any], age_s_max: float
    ) -> Tally:
        found: Tally = await recall(what, query, age_s_max)
        if found.left:
            await change()
        return found

    monkeypatch.setattr(type(merchant.house.ports.store), "recall", recall_and_change)


async def save_over_time(merchant: Merchant, number: int) -> None:
    for _ in range(number):
        merchant.house.clock.advance(86_400)
        await save(merchant)


async def test_a_whole_list_is_never_too_long_to_be_counted(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_too_old(monkeypatch)
    await save_over_time(merchant, 20)
    slow_beyond(3, monkeypatch)
    assert await total(merchant) == 21
    with pytest.raises(SearchTooBroad):
        await total(merchant, DOE)


async def test_a_scroll_begins_through_a_list_of_any_length(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lastschrift.operations.scrolling.COUNTED_MAX", 2)
    await save_over_time(merchant, 20)
    slow_beyond(3, monkeypatch)
    begin = BeginScroll(
        condition=Everything(), is_descending=False, count=1, lifetime_s=60, shown=""
    )
    batch = await begin_debtor_scroll(merchant.house.ports, merchant.contract, begin)
    assert batch.total == 21


async def test_many_who_ask_first_are_told_the_same(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_too_old(monkeypatch)
    await save_over_time(merchant, 20)
    assert await asyncio.gather(*[total(merchant) for _ in range(5)]) == [21] * 5


@pytest.mark.parametrize("seed", range(4))
async def test_what_comes_and_goes_between_two_pieces_is_counted_once(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    always_too_old(monkeypatch)
    random = Random(seed)
    there = [merchant.debtor.id]
    for _ in range(40):
        merchant.house.clock.advance(86_400)
        there.append(await save(merchant))
    changes = 0

    async def change() -> None:
        nonlocal changes
        changes += 1
        merchant.house.clock.advance(random.choice([0, 1, 30]))
        await delete(merchant, there.pop(random.randrange(len(there))))
        if random.random() < 0.3:
            there.append(await save(merchant))

    after_each_piece(merchant, monkeypatch, change)
    for _ in range(2):
        assert await total(merchant) == len(there)
    assert changes > 10


async def test_long_lists_are_counted_before_anybody_asks(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_too_old(monkeypatch)
    monkeypatch.setattr("lastschrift.operations.remember_totals.COUNTED_MAX", 2)
    for _ in range(3):
        await save(merchant)
    assert await remember_totals(merchant.house.ports) == 1
    await save(merchant)
    assert await total(merchant) == 4
