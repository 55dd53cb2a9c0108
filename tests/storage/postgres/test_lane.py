"""How registrations are gathered into batches, and how many batches run beside each other."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import pytest

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.errors import DomainError, ShuttingDown
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import NewBankAccount
from lastschrift.operations.register_bank_account import register_bank_accounts
from lastschrift.storage.postgres import lane
from lastschrift.storage.postgres.store import PostgresStore
from tests.storage.filling import add_contract, new_account

pytestmark = pytest.mark.anyio

Asked = asyncio.Future[BankAccount | DomainError]


class Counter:
    """Where somebody registers accounts, and how many were in each batch."""

    def __init__(self, store: PostgresStore, contract: ContractId, batches: list[int]) -> None:
        self.store = store
        self.batches = batches
        self._contract = contract

    @property
    def under_way(self) -> int:
        """How many batches run beside each other just now."""
        return sum(track.work is not None for track in self.store._lane._tracks)

    def ask(self, count: int = 1) -> Sequence[Asked]:
        """Register so many accounts, none of which waits for another."""
        news = [new_account(self._contract, None) for _ in range(count)]
        write = self.store.write_batched
        return [
            asyncio.ensure_future(write(register_bank_accounts, partial(_same, new)))
            for new in news
        ]


def _same(new: NewBankAccount) -> NewBankAccount:
    return new


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Counter]:
    batches: list[int] = []
    async with PostgresStore.open(url, observe=lambda jobs, _: batches.append(jobs)) as store:
        yield Counter(store, await add_contract(store), batches)


@pytest.fixture
async def counter(url: str) -> AsyncIterator[Counter]:
    async with opened(url) as counter:
        yield counter


@pytest.mark.parametrize(
    ("count", "batches"),
    [
        (1, [1]),
        (4, [4]),
        (8, [4, 4]),
        (24, [8, 8, 8]),
        (30, [10, 10, 10]),
        (101, [33, 34, 34]),
        (600, [200, 200, 200]),
        (900, [132, 256, 256, 256]),
    ],
)
async def test_what_is_there_is_divided_into_three_parts(
    counter: Counter, count: int, batches: list[int]
) -> None:
    await asyncio.gather(*counter.ask(count))
    assert sorted(counter.batches) == batches


async def test_a_batch_begins_when_no_more_arrive(counter: Counter) -> None:
    asked = list(counter.ask())
    for _ in range(2):
        await asyncio.sleep(0)  # one more comes with each turn of the event loop
        asked += counter.ask()
    await asyncio.gather(*asked)
    assert counter.batches == [3]


async def test_it_does_not_wait_for_more_than_are_enough(counter: Counter) -> None:
    asked = list(counter.ask())
    for _ in range(4):
        await asyncio.sleep(0)
        asked += counter.ask()
    await asyncio.gather(*asked)
    assert counter.batches == [4, 1]


async def test_few_wait_for_the_batch_before_them(counter: Counter) -> None:
    asked = list(counter.ask(3))
    await until_begun(counter)
    asked += counter.ask(7)
    await asyncio.gather(*asked)
    assert counter.batches == [3, 4, 3]  # of the ten that are about a third, then the rest


async def test_so_many_as_are_worth_a_batch_do_not(counter: Counter) -> None:
    await asyncio.gather(*counter.ask(40))  # the connections are there
    del counter.batches[:]
    asked = list(counter.ask(3))
    await until_begun(counter)
    asked += counter.ask(40)
    while counter.under_way < 2:
        assert not counter.batches  # the first one is still under way
        await asyncio.sleep(0)
    await asyncio.gather(*asked)
    assert sum(counter.batches) == 43


@pytest.mark.parametrize(("slow_s", "side_by_side"), [(60.0, 2), (0.0, 3)])
async def test_a_third_goes_beside_two_only_if_they_mostly_wait(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, slow_s: float, side_by_side: int
) -> None:
    await asyncio.gather(*counter.ask(6))  # there is an average
    monkeypatch.setattr(lane, "_SLOW_S", slow_s)
    asked = counter.ask(60)
    most = 0
    while not all(each.done() for each in asked):
        most = max(most, counter.under_way)
        await asyncio.sleep(0)
    assert most == side_by_side


async def until_begun(counter: Counter) -> None:
    """Return as soon as nobody waits for a batch to begin."""
    async with asyncio.timeout(10):
        while counter.store.queue_depth:  # noqa: ASYNC110  # turns of the event loop
            await asyncio.sleep(0)


async def test_what_was_asked_before_the_end_is_kept(url: str) -> None:
    async with opened(url) as counter:
        asked = counter.ask(20)
        await asyncio.sleep(0)
    assert all(isinstance(each.result(), BankAccount) for each in asked)
    with pytest.raises(ShuttingDown):
        await counter.ask()[0]
