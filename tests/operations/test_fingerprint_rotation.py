"""Turning fingerprint keys: no duplicate is missed, by no server, at no second of it."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack, ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lastschrift.domain.errors import (
    ContractUnknown,
    KeyNotActive,
    KeyStillInUse,
    ScrollUnknown,
)
from lastschrift.domain.identity import ContractId
from lastschrift.operations.begin_bank_account_scroll import begin_bank_account_scroll
from lastschrift.operations.do_once import KEPT_FOR
from lastschrift.operations.list_keys import list_keys
from lastschrift.operations.next_bank_accounts import next_bank_accounts
from lastschrift.operations.ports import (
    KEYS_KNOWN_AFTER,
    KEYS_SETTLED_AFTER,
    HasIban,
    KeyPurpose,
    Transaction,
)
from lastschrift.operations.scrolling import BeginScroll
from tests.databases import lent_database
from tests.house import House, open_house
from tests.operations.town import ANNOUNCED_FOR, FINGERPRINT, Town
from tests.promises import control, promise, rounds
from tests.storage.filling import german_iban

pytestmark = pytest.mark.anyio

T = TypeVar("T")

AT_ONCE = timedelta(0)
SETTLED_S = KEYS_SETTLED_AFTER.total_seconds()
FADED_S = (KEYS_KNOWN_AFTER + KEYS_SETTLED_AFTER).total_seconds()


@pytest.fixture
async def town(house: House) -> Town:
    return await Town.found(house, servers=2)


async def turn(town: Town) -> None:
    """Turn the key from the first step to the last, waiting as long as it has to be."""
    new = await town.begin(AT_ONCE)
    await town.renew(new.version - 1, new.version)
    town.house.clock.advance(SETTLED_S)
    await town.complete()
    town.house.clock.advance(FADED_S)
    await town.renew(new.version)
    assert await town.retire() == 1


# --- the whole of it ------------------------------------------------------------------------------


async def test_afterwards_no_account_goes_by_the_old_key_which_is_gone(town: Town) -> None:
    for number in range(520):  # more than a piece has
        await town.register(0, 0, number)
    await town.delete(0, 0, 7)
    assert {(bool(kept.odd), bool(kept.even)) for kept in await town.kept()} == {(True, False)}
    await turn(town)
    assert {(bool(kept.odd), bool(kept.even)) for kept in await town.kept()} == {(False, True)}
    assert [key.version for key in await town.fingerprint_keys()] == [2]
    await turn(town)
    assert {(bool(kept.odd), bool(kept.even)) for kept in await town.kept()} == {(True, False)}
    assert [key.version for key in await town.fingerprint_keys()] == [3]
    for number in range(0, 520, 40):
        await town.register(1, 0, number)
        await town.find(1, number)
    assert town.failures == []


async def live_a_second(town: Town, second: int) -> None:
    """Have each server do a bit of everything that has to do with who holds what."""
    for server in (0, 1):
        new, other, old = 10 + 2 * second + server, 1 - server, second % 10
        await town.register(server, 0, new)
        await town.register(other, 0, new)
        await town.register(server, 0, old)
        await town.find(other, new)
        await town.find(server, old)
        await town.repeat(server, new)
        await town.repeat(other, new)
        await town.repeat(other, 10 + second)
    await town.change(0, 0, 10 + 2 * second, 1_000 + second)
    await town.register(1, 0, 1_000 + second)
    await town.change(1, 0, 10 + second, second % 10)
    await town.move(second % 2, 0, 11 + 2 * (second // 2))
    await town.register(0, 1, 11 + 2 * (second // 2))
    await town.move(1, 1, 11 + 2 * (second // 3))
    town.house.clock.advance(1)


@promise("keys-turned")
async def test_two_servers_second_by_second_miss_no_duplicate(town: Town) -> None:
    for number in range(10):
        await town.register(0, 0, number)
        await town.register(1, 1, number)
    is_over, second = False, 0
    while not is_over:
        await live_a_second(town, second)
        is_over = second > 2 and await town.go_on()
        second += 1
    for after in range(second, second + 12):
        await live_a_second(town, after)
    assert town.failures == []
    assert second > (ANNOUNCED_FOR + KEYS_KNOWN_AFTER).total_seconds() + 2 * SETTLED_S
    await town.renew(2)
    assert {(bool(kept.odd), bool(kept.even)) for kept in await town.kept()} == {(False, True)}


@control("keys-turned")
async def test_if_it_is_called_complete_before_all_servers_know_it_duplicates_are_missed(
    town: Town,
) -> None:
    await town.register(1, 0, 0)  # by now this server has read the keys
    await town.begin(AT_ONCE)
    await town.renew(1, 2)
    for number in range(1, 10):
        await town.register(1, 0, number)

    async def complete_too_early(transaction: Transaction) -> None:
        now = town.house.clock.now()
        await transaction.complete_contract_key(town.contract, FINGERPRINT, 2, now)

    await town.house.store.write(complete_too_early)
    town.house.clock.advance(KEYS_KNOWN_AFTER.total_seconds())
    for number in range(10):
        await town.register(0, 0, number)
    assert town.failures.count("a duplicate was missed") == 9


# --- any order of things --------------------------------------------------------------------------

NUMBERS = st.integers(0, 4)
SERVERS = st.integers(0, 2)
PAYERS = st.integers(0, 1)


class Turning(RuleBasedStateMachine):
    """Three servers, read at different times, and an operator who may do a step at any time."""

    engine: str

    def __init__(self) -> None:
        super().__init__()
        self.lent = ExitStack()
        self.runner = asyncio.Runner()
        self.doors = AsyncExitStack()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.doors.aclose())
        self.runner.close()
        self.lent.close()

    @initialize()
    def open_town(self) -> None:
        directory = self.lent.enter_context(TemporaryDirectory())
        database = self.lent.enter_context(lent_database(self.engine, Path(directory)))
        house = self.run(self.doors.enter_async_context(open_house(database)))
        self.town = self.run(Town.found(house, servers=3))

    @rule(server=SERVERS, payer=PAYERS, number=NUMBERS)
    def register(self, server: int, payer: int, number: int) -> None:
        self.run(self.town.register(server, payer, number))

    @rule(server=SERVERS, payer=PAYERS, number=NUMBERS, other=NUMBERS)
    def change(self, server: int, payer: int, number: int, other: int) -> None:
        self.run(self.town.change(server, payer, number, other))

    @rule(server=SERVERS, payer=PAYERS, number=NUMBERS)
    def move(self, server: int, payer: int, number: int) -> None:
        self.run(self.town.move(server, payer, number))

    @rule(server=SERVERS, payer=PAYERS, number=NUMBERS)
    def delete(self, server: int, payer: int, number: int) -> None:
        self.run(self.town.delete(server, payer, number))

    @rule(server=SERVERS, number=NUMBERS)
    def find(self, server: int, number: int) -> None:
        self.run(self.town.find(server, number))

    @rule(server=SERVERS, key=NUMBERS)
    def repeat(self, server: int, key: int) -> None:
        self.run(self.town.repeat(server, key))

    @rule(seconds=st.sampled_from([1, 4, 9, 15, 40, 80]))
    def wait(self, seconds: int) -> None:
        self.town.house.clock.advance(seconds)

    @rule(seconds=st.sampled_from([0, 5, 20, 80]))
    def go_on_with_the_rotation(self, seconds: int) -> None:
        self.run(self.town.go_on())
        self.town.house.clock.advance(seconds)

    @invariant()
    def nothing_differs(self) -> None:
        assert not hasattr(self, "town") or self.town.failures == []


class TurningOnSqlite(Turning):
    """The same in a file."""

    engine = "sqlite"


class TurningOnPostgres(Turning):
    """The same on a server."""

    engine = "postgres"


TestTurningOnSqlite = TurningOnSqlite.TestCase
TestTurningOnPostgres = TurningOnPostgres.TestCase
TestTurningOnSqlite.settings = TestTurningOnPostgres.settings = settings(
    max_examples=rounds(ci=8, soak=300), stateful_step_count=40
)


# --- what is refused ------------------------------------------------------------------------------


async def test_it_is_not_complete_before_nobody_can_add_what_lacks_it(town: Town) -> None:
    await town.register(0, 0, 1)
    await town.begin()
    await town.renew(1, 2)
    with pytest.raises(KeyNotActive):
        await town.complete()
    town.house.clock.advance(ANNOUNCED_FOR.total_seconds() + SETTLED_S)
    await town.complete()
    await town.complete()


async def test_it_is_not_complete_while_an_account_lacks_its_fingerprint(town: Town) -> None:
    await town.register(0, 0, 1)
    await town.begin(AT_ONCE)
    town.house.clock.advance(SETTLED_S)
    with pytest.raises(KeyStillInUse):
        await town.complete()


async def test_an_old_key_is_retired_only_when_no_account_has_a_fingerprint_under_it(
    town: Town,
) -> None:
    await town.register(0, 0, 1)
    assert await town.retire() == 0
    await town.begin(AT_ONCE)
    with pytest.raises(KeyStillInUse):
        await town.retire()
    await town.renew(1, 2)
    town.house.clock.advance(SETTLED_S)
    await town.complete()
    with pytest.raises(KeyNotActive):
        await town.renew(2)
    town.house.clock.advance(FADED_S - 1)
    await town.renew(2)
    with pytest.raises(KeyStillInUse):
        await town.retire()
    town.house.clock.advance(1)
    await town.register(1, 0, 2)
    assert await town.retire() == 1


async def test_an_old_fingerprint_that_came_late_is_found_before_its_key_goes(town: Town) -> None:
    await town.register(0, 0, 1)
    await town.begin(AT_ONCE)
    await town.renew(1, 2)
    town.house.clock.advance(SETTLED_S)
    await town.complete()
    town.house.clock.advance(FADED_S)
    with pytest.raises(KeyStillInUse):
        await town.retire()
    assert await town.renew(2) == 1
    assert await town.retire() == 1


async def test_a_rotation_of_nobody_is_told(town: Town) -> None:
    nobody = replace_contract(town)
    with pytest.raises(ContractUnknown):
        await nobody.begin()
    with pytest.raises(ContractUnknown):
        await nobody.complete()
    with pytest.raises(ContractUnknown):
        await nobody.retire()


def replace_contract(town: Town) -> Town:
    return Town(town.house, ContractId(town.house.ports.ids.new_id()), town.servers, town.payers)


# --- what is remembered over it -------------------------------------------------------------------


async def purposes(town: Town) -> list[tuple[KeyPurpose, int]]:
    (listed,) = await list_keys(town.servers[0])
    return [(key.purpose, key.version) for key in listed.keys]


async def test_a_repetition_is_known_again_until_it_expires_though_its_key_is_gone(
    town: Town,
) -> None:
    await town.repeat(0, 1)
    await turn(town)
    assert (KeyPurpose.HASH, 1) in await purposes(town)
    await town.repeat(1, 1)
    await turn(town)
    await town.repeat(0, 1)
    assert town.failures == []
    town.house.clock.advance(KEPT_FOR.total_seconds())
    await town.retire()
    assert [purpose for purpose, _ in await purposes(town)] == [KeyPurpose.DATA, FINGERPRINT]


async def test_where_nothing_is_remembered_nothing_of_the_old_key_is_kept(town: Town) -> None:
    await town.register(0, 0, 1)
    await turn(town)
    assert await purposes(town) == [(KeyPurpose.DATA, 1), (FINGERPRINT, 2)]


async def test_a_scroll_that_looks_for_an_iban_by_the_old_key_has_expired(town: Town) -> None:
    await town.register(0, 0, 1)
    begin = BeginScroll(
        condition=HasIban(german_iban(1)), is_descending=False, count=1, lifetime_s=900, shown=""
    )
    first = await begin_bank_account_scroll(town.servers[0], town.contract, begin)
    assert len(first.items) == 1
    assert (await next_bank_accounts(town.servers[1], town.contract, first.scroll_id)).items == []
    await turn(town)
    with pytest.raises(ScrollUnknown):
        await next_bank_accounts(town.servers[1], town.contract, first.scroll_id)
