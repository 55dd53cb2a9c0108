"""What every store does with accounts that come with idempotency keys, many at a time."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.operations.ports import KeyedBankAccount, KeyUse, Store
from lastschrift.operations.register_bank_account_once import register_keyed_bank_accounts
from tests.audit.trails import verified
from tests.databases import Database
from tests.storage.filling import (
    IDS,
    add_contract,
    add_debtor,
    german_iban,
    kept,
    keyed_account,
    later,
    new_account,
    registered,
    without_audit,
)

pytestmark = pytest.mark.anyio

EARLIER = b"an earlier command"


class Shop:
    """A contract with a customer, and what is to be kept of his."""

    def __init__(
        self, database: Database, store: Store, contract: ContractId, customer: DebtorRef
    ) -> None:
        self.database = database
        self.store = store
        self.contract = contract
        self.customer = customer

    def keyed(
        self, key: int, number: int | None = None, debtor: DebtorRef | None = None
    ) -> KeyedBankAccount:
        """Return an account, by default one of its own for each key, and the use of the key."""
        iban = german_iban(key if number is None else number)
        keyed = keyed_account(new_account(self.contract, debtor or self.customer, iban))
        return replace(keyed, use=replace(keyed.use, key_hash=b"%032d" % key))

    async def register(self, *batch: KeyedBankAccount) -> list[bool]:
        """Register accounts, each by a request of its own, all at once."""
        write = self.store.write_batched
        asked = [write(register_keyed_bank_accounts, _made(keyed)) for keyed in batch]
        return list(await asyncio.gather(*asked))

    async def claim(self, key: int) -> KeyUse | None:
        """Use a key for something else; return what it was used for, if it was."""
        use = replace(self.keyed(key).use, command_hash=EARLIER)
        return await self.store.write(lambda transaction: transaction.claim_key(use))

    async def is_kept(self, keyed: KeyedBankAccount) -> bool:
        """Whether an account is kept, and as it was to be."""
        found = await kept(self.store, self.contract, keyed.new.account.id)
        assert found in (None, without_audit(keyed.new))
        return found is not None

    async def written_down(self) -> int:
        """Return how many audit entries there are, whose chains all hold."""
        trail = await verified(self.database)
        assert not trail.faults
        return trail.entries


def _made(keyed: KeyedBankAccount) -> Callable[[], KeyedBankAccount]:
    return lambda: keyed


@pytest.fixture
async def shop(database: Database, store: Store) -> Shop:
    contract = await add_contract(store)
    return Shop(database, store, contract, await add_debtor(store, contract))


async def assert_only(shop: Shop, batch: Sequence[KeyedBankAccount], are_kept: list[bool]) -> None:
    """See that of a batch just these are kept and written down, and that this was told."""
    before = await shop.written_down()
    assert await shop.register(*batch) == are_kept
    assert [await shop.is_kept(keyed) for keyed in batch] == are_kept
    assert await shop.written_down() == before + sum(are_kept)


@pytest.mark.parametrize("length", [1, 2, 7, 64, 150])
async def test_what_is_new_is_kept_with_its_key(shop: Shop, length: int) -> None:
    batch = [shop.keyed(key) for key in range(length)]
    await assert_only(shop, batch, [True] * length)
    for keyed in batch[:3]:
        assert await shop.claim(int(keyed.use.key_hash)) == keyed.use


async def test_what_comes_under_a_used_key_is_left_and_its_neighbours_are_kept(
    shop: Shop,
) -> None:
    assert await shop.claim(2) is None
    batch = [shop.keyed(key) for key in (1, 2, 3)]
    await assert_only(shop, batch, [True, False, True])
    earlier = await shop.claim(2)
    assert earlier is not None
    assert earlier.command_hash == EARLIER


async def test_a_key_whose_time_is_over_is_left_too(shop: Shop) -> None:
    assert await shop.claim(1) is None
    late = shop.keyed(1)
    late = replace(late, use=replace(late.use, created=later(61), expires=later(121)))
    await assert_only(shop, [late, shop.keyed(2)], [False, True])


async def test_an_account_that_is_there_already_is_left_and_its_key_is_unused(shop: Shop) -> None:
    await registered(shop.store, new_account(shop.contract, shop.customer, german_iban(7)))
    batch = [shop.keyed(1), shop.keyed(2, 7), shop.keyed(3)]
    await assert_only(shop, batch, [True, False, True])
    assert await shop.claim(2) is None


async def test_so_is_one_whose_debtor_is_not_there(shop: Shop) -> None:
    unknown = DebtorRef(DebtorId(IDS.new_id()), DebtorKind.CUSTOMER)
    await assert_only(shop, [shop.keyed(1, debtor=unknown), shop.keyed(2)], [False, True])
    assert await shop.claim(1) is None


async def test_of_a_key_that_comes_twice_the_first_is_kept(shop: Shop) -> None:
    await assert_only(
        shop, [shop.keyed(1, 5), shop.keyed(2), shop.keyed(1, 6)], [True, True, False]
    )


async def test_of_an_account_that_comes_twice_no_more_than_one_is_kept(shop: Shop) -> None:
    batch = [shop.keyed(1, 5), shop.keyed(2, 5)]
    told = await shop.register(*batch)
    assert told == [await shop.is_kept(keyed) for keyed in batch]
    assert sum(told) <= 1
    unused = [await shop.claim(key) is None for key in (1, 2)]
    assert unused == [not is_kept for is_kept in told]


async def test_a_key_is_another_one_in_another_contract(shop: Shop, store: Store) -> None:
    contract = await add_contract(store)
    other = Shop(shop.database, store, contract, await add_debtor(store, contract))
    ours, theirs = shop.keyed(1), other.keyed(1)
    assert await shop.register(ours, theirs) == [True, True]
    assert await shop.is_kept(ours)
    assert await other.is_kept(theirs)


async def test_what_follows_a_batch_that_was_left_goes_on(shop: Shop) -> None:
    assert await shop.register(shop.keyed(1)) == [True]
    for _ in range(3):
        assert await shop.register(shop.keyed(1, 90)) == [False]
    await assert_only(shop, [shop.keyed(key) for key in range(2, 30)], [True] * 28)
    assert await shop.written_down() == 29
