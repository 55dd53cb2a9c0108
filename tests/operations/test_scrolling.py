"""A list that is read batch by batch, while others write: each object once, and none is missed."""

import asyncio
from random import Random
from uuid import UUID

import pytest

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.errors import ScrollUnknown
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.begin_bank_account_scroll import begin_bank_account_scroll
from lastschrift.operations.begin_debtor_scroll import begin_debtor_scroll
from lastschrift.operations.drop_expired_scrolls import drop_expired_scrolls
from lastschrift.operations.next_bank_accounts import next_bank_accounts
from lastschrift.operations.next_debtors import next_debtors
from lastschrift.operations.ports import Batch, Condition, Everything, Field, HasIban, HasText
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.operations.scrolling import BeginScroll
from tests.databases import looking_into
from tests.house import House
from tests.operations.merchants import Merchant, merchant_of
from tests.storage.filling import german_iban

pytestmark = pytest.mark.anyio

DOE, ROE = Party(family_name="Doe"), Party(family_name="Roe")
IS_DOE = HasText(Field.FAMILY_NAME, "doe")
LIFETIME_S = 300
EVERYTHING = Everything()


@pytest.fixture
async def merchant(house: House) -> Merchant:
    return await merchant_of(house)


def scroll_of(
    condition: Condition = EVERYTHING, *, count: int = 2, is_descending: bool = False
) -> BeginScroll:
    return BeginScroll(
        condition=condition,
        is_descending=is_descending,
        count=count,
        lifetime_s=LIFETIME_S,
        shown="",
    )


async def save(merchant: Merchant, contact: Party = DOE) -> DebtorId:
    """Save a customer; some are saved at the same instant."""
    command = RegisterDebtor(
        contract_id=merchant.contract, client_id=merchant.client, contact=contact
    )
    return (await register_debtor(merchant.house.ports, command)).id


async def begin(merchant: Merchant, wanted: BeginScroll) -> Batch[Debtor]:
    return await begin_debtor_scroll(merchant.house.ports, merchant.contract, wanted)


async def go_on(merchant: Merchant, scroll: UUID) -> list[DebtorId]:
    batch = await next_debtors(merchant.house.ports, merchant.contract, scroll)
    assert batch.total is None
    return ids(batch)


def ids(batch: Batch[Debtor]) -> list[DebtorId]:
    return [debtor.id for debtor in batch.items]


async def all_the_rest(merchant: Merchant, scroll: UUID) -> list[DebtorId]:
    found: list[DebtorId] = []
    while batch := await go_on(merchant, scroll):
        found += batch
    return found


# --- histories ------------------------------------------------------------------------------------


class World:
    """Customers who come, go and change their names, whom a scroll looks for under one name."""

    def __init__(self, merchant: Merchant, random: Random) -> None:
        self.merchant = merchant
        self.random = random
        self.names: dict[DebtorId, str] = {}

    def matching(self) -> set[DebtorId]:
        return {key for key, name in self.names.items() if name == "Doe"}

    async def come(self) -> None:
        contact = self.random.choice([DOE, DOE, ROE])
        self.names[await save(self.merchant, contact)] = contact.family_name or ""
        self.merchant.house.clock.advance(self.random.randrange(2))

    async def go(self) -> None:
        gone = self.random.choice(list(self.names))
        now, contract = self.merchant.house.clock.now(), self.merchant.contract
        await self.merchant.house.store.write(
            lambda transaction: transaction.delete_debtor(contract, gone, now)
        )
        del self.names[gone]

    async def change(self) -> None:
        key = self.random.choice(list(self.names))
        contact = self.random.choice([DOE, ROE])
        changed = Debtor(
            contract_id=self.merchant.contract,
            id=key,
            kind=self.merchant.debtor.kind,
            contact=contact,
            created=self.merchant.house.clock.now(),
            updated=self.merchant.house.clock.now(),
        )
        await self.merchant.house.store.write(
            lambda transaction: transaction.update_debtor(changed)
        )
        self.names[key] = contact.family_name or ""

    async def go_on(self) -> None:
        """Let something happen."""
        for _ in range(self.random.randrange(4)):
            happening = self.random.choice([self.come, self.go, self.change])
            await (happening() if len(self.names) > 2 else self.come())


@pytest.mark.parametrize("seed", range(6))
async def test_each_is_given_once_and_none_is_missed_that_was_there_throughout(
    merchant: Merchant, seed: int
) -> None:
    world = World(merchant, Random(seed))  # a history that can be repeated
    for _ in range(12):
        await world.come()
    there_throughout, ever = world.matching(), set(world.names)
    wanted = scroll_of(IS_DOE, count=3, is_descending=bool(seed % 2))
    first = await begin(merchant, wanted)
    assert first.total == len(there_throughout)
    given, batch = ids(first), ids(first)
    while batch:
        await world.go_on()
        there_throughout &= world.matching()
        batch = await go_on(merchant, first.scroll_id)
        given += batch
    assert len(given) == len(set(given))
    assert there_throughout <= set(given) <= ever


async def test_many_who_go_on_at_once_get_a_batch_each(merchant: Merchant) -> None:
    for _ in range(11):
        await save(merchant)
    first = await begin(merchant, scroll_of())
    rest = await asyncio.gather(*[go_on(merchant, first.scroll_id) for _ in range(4)])
    rest.append(await all_the_rest(merchant, first.scroll_id))
    given = ids(first) + [key for batch in rest for key in batch]
    assert len(given) == len(set(given)) == 12


# --- where it begins and ends ---------------------------------------------------------------------


async def test_an_empty_list_has_an_empty_scroll(merchant: Merchant) -> None:
    first = await begin(merchant, scroll_of(HasText(Field.EMAIL, "nobody")))
    assert (first.total, ids(first)) == (0, [])
    assert await go_on(merchant, first.scroll_id) == []


async def test_what_comes_later_is_not_in_it_oldest_first(merchant: Merchant) -> None:
    first = await begin(merchant, scroll_of(count=1))
    later = await save(merchant)
    assert later not in await all_the_rest(merchant, first.scroll_id)


async def test_newest_first_is_the_other_way_round(merchant: Merchant) -> None:
    saved = [merchant.debtor.id, *[await save(merchant) for _ in range(4)]]
    first = await begin(merchant, scroll_of(is_descending=True))
    rest = await all_the_rest(merchant, first.scroll_id)
    assert ids(first) + rest == saved[::-1]


# --- whose it is, and how long --------------------------------------------------------------------


async def test_a_scroll_of_another_contract_is_unknown(merchant: Merchant) -> None:
    first = await begin(merchant, scroll_of())
    with pytest.raises(ScrollUnknown):
        await next_debtors(merchant.house.ports, ContractId(UUID(int=9)), first.scroll_id)


async def test_a_scroll_is_of_one_kind_of_objects(merchant: Merchant) -> None:
    first = await begin(merchant, scroll_of())
    with pytest.raises(ScrollUnknown):
        await next_bank_accounts(merchant.house.ports, merchant.contract, first.scroll_id)


async def test_a_scroll_lasts_as_long_as_was_asked_from_each_batch_on(merchant: Merchant) -> None:
    first = await begin(merchant, scroll_of(count=1))
    merchant.house.clock.advance(LIFETIME_S - 1)
    await go_on(merchant, first.scroll_id)
    merchant.house.clock.advance(LIFETIME_S - 1)
    await go_on(merchant, first.scroll_id)
    merchant.house.clock.advance(LIFETIME_S)
    with pytest.raises(ScrollUnknown):
        await go_on(merchant, first.scroll_id)


async def test_expired_scrolls_are_forgotten(merchant: Merchant) -> None:
    for _ in range(2):
        await begin(merchant, scroll_of())
    merchant.house.clock.advance(LIFETIME_S - 1)
    kept = await begin(merchant, scroll_of())
    merchant.house.clock.advance(1)
    assert await drop_expired_scrolls(merchant.house.ports) == 2
    assert await go_on(merchant, kept.scroll_id) == []
    async with looking_into(merchant.house.database) as looking:
        assert await looking.rows("SELECT count(*) FROM scroll") == [(1,)]


# --- bank accounts --------------------------------------------------------------------------------


async def test_bank_accounts_are_read_with_their_ibans(merchant: Merchant) -> None:
    registered = [await merchant.register(number=number) for number in range(5)]
    ports, contract = merchant.house.ports, merchant.contract
    first = await begin_bank_account_scroll(ports, contract, scroll_of(count=3))
    rest = await next_bank_accounts(ports, contract, first.scroll_id)
    assert first.total == 5
    assert [*first.items, *rest.items] == registered
    by_iban = await begin_bank_account_scroll(ports, contract, scroll_of(HasIban(german_iban(3))))
    assert list(by_iban.items) == [registered[3]]


async def test_no_iban_is_kept_with_what_is_searched_for(merchant: Merchant) -> None:
    ports = merchant.house.ports
    await begin_bank_account_scroll(ports, merchant.contract, scroll_of(HasIban(german_iban(3))))
    async with looking_into(merchant.house.database) as looking:
        ((condition,),) = await looking.rows("SELECT condition FROM scroll")
    assert german_iban(3).reveal() not in str(condition)
    assert german_iban(3).last_four not in str(condition)
