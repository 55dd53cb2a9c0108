"""What every store promises of a transaction: all or nothing, and one's error is one's own."""

import asyncio
from collections.abc import Sequence
from functools import partial

import pytest

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.errors import DebtorUnknown
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import Page, Store, Transaction
from tests.storage.filling import (
    add_contract,
    add_debtor,
    list_customers,
    new_debtor,
)

pytestmark = pytest.mark.anyio


async def total(store: Store, contract: ContractId) -> int:
    listing = await list_customers(store, contract, Page(0, 0))
    return listing.total


async def test_an_operation_returns_what_it_returns(store: Store) -> None:
    async def operation(transaction: Transaction) -> str:
        return "result"

    assert await store.write(operation) == "result"


async def test_an_operation_sees_what_it_wrote(store: Store) -> None:
    contract = await add_contract(store)
    debtor = new_debtor(contract)

    async def operation(transaction: Transaction) -> Debtor | None:
        await transaction.add_debtor(debtor)
        return await transaction.customer(contract, debtor.id)

    assert await store.write(operation) == debtor


async def test_of_an_operation_that_raises_nothing_is_kept(store: Store) -> None:
    contract = await add_contract(store)

    async def operation(transaction: Transaction) -> None:
        await transaction.add_debtor(new_debtor(contract))
        raise DebtorUnknown

    with pytest.raises(DebtorUnknown):
        await store.write(operation)
    assert await total(store, contract) == 0


async def test_operations_beside_one_that_raises_are_kept(store: Store) -> None:
    contract = await add_contract(store)

    async def fail(transaction: Transaction) -> None:
        await transaction.add_debtor(new_debtor(contract))
        raise DebtorUnknown

    async def work(transaction: Transaction) -> None:
        await transaction.add_debtor(new_debtor(contract))

    jobs = [store.write(fail if number % 3 == 1 else work) for number in range(30)]
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    assert [isinstance(outcome, DebtorUnknown) for outcome in outcomes] == [
        number % 3 == 1 for number in range(30)
    ]
    assert await total(store, contract) == 20


async def test_an_unexpected_error_is_told_to_who_asked(store: Store) -> None:
    contract = await add_contract(store)

    async def operation(transaction: Transaction) -> None:
        await transaction.add_debtor(new_debtor(contract))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.write(operation)
    assert await total(store, contract) == 0


async def test_a_batch_operation_gets_all_commands_that_wait(store: Store) -> None:
    seen = []

    async def operation(transaction: Transaction, commands: Sequence[int]) -> list[int]:
        seen.append(list(commands))
        return [command * command for command in commands]

    results = await asyncio.gather(
        *[store.write_batched(operation, partial(int, n)) for n in range(50)]
    )
    assert list(results) == [n * n for n in range(50)]
    assert sorted(command for commands in seen for command in commands) == list(range(50))


async def test_a_poisoned_command_of_a_batch_fails_alone(store: Store) -> None:
    contract = await add_contract(store)
    debtors = [new_debtor(contract) for _ in range(20)]

    async def operation(transaction: Transaction, commands: Sequence[int]) -> Sequence[int]:
        for command in commands:
            if command == 7:
                raise ZeroDivisionError
            await transaction.add_debtor(debtors[command])
        return commands

    jobs = [store.write_batched(operation, partial(int, number)) for number in range(20)]
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    assert [number for number in range(20) if outcomes[number] == number] == [
        number for number in range(20) if number != 7
    ]
    assert isinstance(outcomes[7], ZeroDivisionError)
    assert await total(store, contract) == 19


async def test_a_reader_sees_what_was_answered(store: Store) -> None:
    contract = await add_contract(store)
    for number in range(1, 6):
        await add_debtor(store, contract)
        assert await total(store, contract) == number
