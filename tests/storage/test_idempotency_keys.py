"""What every store does with idempotency keys: the first use is kept, later ones are told of it."""

import asyncio

import pytest
from msgspec.structs import replace

from lastschrift.domain.errors import DebtorUnknown
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import KeyUse, Store, Transaction
from tests.storage.filling import NOW, add_contract, later

pytestmark = pytest.mark.anyio


async def new_use(store: Store) -> KeyUse:
    return KeyUse(
        contract_id=await add_contract(store),
        operation="register_debtor",
        key_hash=b"k" * 32,
        command_hash=b"c" * 32,
        result_sealed=b"\x00\x01sealed\xff",
        created=NOW,
        expires=later(60),
    )


async def claim(store: Store, use: KeyUse) -> KeyUse | None:
    return await store.write(lambda transaction: transaction.claim_key(use))


async def drop(store: Store, contract: ContractId, seconds: float, rows_max: int = 9) -> int:
    return await store.write(
        lambda transaction: transaction.drop_expired_keys(contract, later(seconds), rows_max)
    )


async def test_the_first_use_of_a_key_is_told_to_the_second(store: Store) -> None:
    first = await new_use(store)
    second = replace(first, command_hash=b"d" * 32, created=later(59), expires=later(119))
    assert await claim(store, first) is None
    assert await claim(store, second) == first
    assert await claim(store, first) == first


async def test_a_key_of_another_contract_or_operation_is_another_key(store: Store) -> None:
    use = await new_use(store)
    assert await claim(store, use) is None
    assert await claim(store, replace(use, contract_id=await add_contract(store))) is None
    assert await claim(store, replace(use, operation="register_bank_account")) is None
    assert await claim(store, replace(use, key_hash=b"K" * 32)) is None


async def test_an_expired_use_is_replaced(store: Store) -> None:
    first = await new_use(store)
    second = replace(
        first,
        command_hash=b"d" * 32,
        result_sealed=b"other",
        created=first.expires,
        expires=later(120),
    )
    assert await claim(store, first) is None
    assert await claim(store, second) is None
    assert await claim(store, first) == second


async def test_of_an_operation_that_fails_the_key_is_unused(store: Store) -> None:
    use = await new_use(store)

    async def operation(transaction: Transaction) -> None:
        assert await transaction.claim_key(use) is None
        raise DebtorUnknown

    with pytest.raises(DebtorUnknown):
        await store.write(operation)
    assert await claim(store, use) is None


async def test_a_released_key_is_unused(store: Store) -> None:
    use = await new_use(store)

    async def operation(transaction: Transaction) -> None:
        assert await transaction.claim_key(use) is None
        await transaction.release_key(use)

    await store.write(operation)
    assert await claim(store, use) is None


async def test_of_many_at_once_one_is_the_first(store: Store) -> None:
    use = await new_use(store)
    uses = [replace(use, result_sealed=b"%d" % number) for number in range(64)]
    told = await asyncio.gather(*[claim(store, each) for each in uses])
    (first,) = (each for each, earlier in zip(uses, told, strict=True) if earlier is None)
    assert [earlier for earlier in told if earlier is not None] == [first] * 63


async def test_expired_uses_are_dropped_a_few_at_a_time(store: Store) -> None:
    use = await new_use(store)
    for number in range(5):
        expires = later(60 + number)
        await claim(store, replace(use, key_hash=b"%d" % number, expires=expires))
    assert await drop(store, use.contract_id, 59) == 0
    assert await drop(store, use.contract_id, 63, rows_max=3) == 3
    assert await drop(store, use.contract_id, 63, rows_max=3) == 1
    assert await drop(store, use.contract_id, 63, rows_max=3) == 0


async def test_uses_of_another_contract_are_not_dropped(store: Store) -> None:
    use = await new_use(store)
    await claim(store, use)
    assert await drop(store, await add_contract(store), 99) == 0
    assert await drop(store, use.contract_id, 99) == 1
