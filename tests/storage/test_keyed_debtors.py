"""What every store does with debtors that come with idempotency keys, many at a time."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TypeVar

import pytest
from msgspec.structs import replace

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import KeyedDebtor, KeyUse, Reader, Store
from lastschrift.operations.register_debtor_once import register_keyed_debtors
from tests.audit.trails import verified
from tests.databases import Database
from tests.storage.filling import add_contract, audited_debtor, keyed_debtor, later

pytestmark = pytest.mark.anyio

EARLIER = b"an earlier command"

T = TypeVar("T")


class Shop:
    """A contract, and debtors that it saves."""

    def __init__(self, database: Database, store: Store, contract: ContractId) -> None:
        self.database = database
        self.store = store
        self.contract = contract

    def keyed(self, key: int) -> KeyedDebtor:
        """Return a debtor, and the use of a key."""
        keyed = keyed_debtor(audited_debtor(self.contract))
        return replace(keyed, use=replace(keyed.use, key_hash=b"%032d" % key))

    async def save(self, *batch: KeyedDebtor) -> list[bool]:
        """Save debtors, each by a request of its own, all at once."""
        write = self.store.write_batched
        asked = [write(register_keyed_debtors, partial(_same, keyed)) for keyed in batch]
        return list(await asyncio.gather(*asked))

    async def claim(self, key: int) -> KeyUse | None:
        """Use a key for something else; return what it was used for, if it was."""
        use = replace(self.keyed(key).use, command_hash=EARLIER)
        return await self.store.write(lambda transaction: transaction.claim_key(use))

    async def kept(self, keyed: KeyedDebtor) -> Debtor | None:
        """Return what is kept of a debtor."""
        return await self.store.read(partial(_customer, keyed.new.debtor))


def _same(command: T) -> T:
    return command


async def _customer(debtor: Debtor, reader: Reader) -> Debtor | None:
    return await reader.customer(debtor.contract_id, debtor.id)


@pytest.fixture
async def shop(database: Database, store: Store) -> Shop:
    return Shop(database, store, await add_contract(store))


async def assert_only(shop: Shop, batch: Sequence[KeyedDebtor], are_kept: list[bool]) -> None:
    """See that of a batch just these are kept and written down, and that this was told."""
    before = await verified(shop.database)
    assert await shop.save(*batch) == are_kept
    for keyed, is_kept in zip(batch, are_kept, strict=True):
        assert await shop.kept(keyed) == (keyed.new.debtor if is_kept else None)
    after = await verified(shop.database)
    assert not after.faults
    assert after.entries == before.entries + sum(are_kept)


@pytest.mark.parametrize("length", [1, 2, 7, 64, 150, 300])
async def test_what_is_new_is_kept_with_its_key(shop: Shop, length: int) -> None:
    batch = [shop.keyed(key) for key in range(length)]
    await assert_only(shop, batch, [True] * length)
    for keyed in (batch[0], batch[-1]):
        assert await shop.claim(int(keyed.use.key_hash)) == keyed.use


async def test_what_comes_under_a_used_key_is_left_and_its_neighbours_are_kept(
    shop: Shop,
) -> None:
    assert await shop.claim(2) is None
    await assert_only(shop, [shop.keyed(key) for key in (1, 2, 3)], [True, False, True])
    earlier = await shop.claim(2)
    assert earlier is not None
    assert earlier.command_hash == EARLIER


async def test_a_key_whose_time_is_over_is_left_too(shop: Shop) -> None:
    assert await shop.claim(1) is None
    late = shop.keyed(1)
    late = replace(late, use=replace(late.use, created=later(61), expires=later(121)))
    await assert_only(shop, [late, shop.keyed(2)], [False, True])


async def test_of_a_key_that_comes_twice_the_first_is_kept(shop: Shop) -> None:
    await assert_only(shop, [shop.keyed(key) for key in (1, 2, 1)], [True, True, False])


async def test_a_key_is_another_one_in_another_contract(shop: Shop, store: Store) -> None:
    other = Shop(shop.database, store, await add_contract(store))
    ours, theirs = shop.keyed(1), other.keyed(1)
    assert await shop.save(ours, theirs) == [True, True]
    assert await other.kept(theirs) == theirs.new.debtor


async def test_what_follows_a_batch_that_was_left_goes_on(shop: Shop) -> None:
    assert await shop.save(shop.keyed(1)) == [True]
    for _ in range(3):
        assert await shop.save(shop.keyed(1)) == [False]
    await assert_only(shop, [shop.keyed(key) for key in range(2, 30)], [True] * 28)
