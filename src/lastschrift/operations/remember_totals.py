"""Counting the long lists before anybody asks: the first time is the only one that takes long."""

from contextlib import suppress
from typing import TypeVar

from lastschrift.domain.errors import SearchTooBroad
from lastschrift.domain.identity import ContractId
from lastschrift.operations.list_debtors import DEBTORS
from lastschrift.operations.ports import COUNTED_MAX, Everything, Ports, Reader
from lastschrift.operations.reveal_bank_accounts import BANK_ACCOUNTS
from lastschrift.operations.totals import Lister, total_of

T = TypeVar("T")


async def remember_totals(ports: Ports) -> int:
    """Count the lists of all contracts; return how many of them are long.

    Where a part takes too long even so, it stops no other list; the next time goes on from there.
    """
    contracts = [contract.id for contract in await ports.store.scan(lambda all_: all_.contracts())]
    long = 0
    for contract in contracts:
        long += await _is_long(ports, contract, DEBTORS)
        long += await _is_long(ports, contract, BANK_ACCOUNTS)
    return long


async def _is_long(ports: Ports, contract: ContractId, lister: Lister[T]) -> bool:
    async def count(reader: Reader) -> int:
        return await lister.count(reader, contract, Everything(), COUNTED_MAX + 1)

    counted = COUNTED_MAX + 1  # so many, if it takes too long to find out
    with suppress(SearchTooBroad):
        counted = await ports.store.scan(count)
        await total_of(ports, contract, lister, Everything(), counted)
    return counted > COUNTED_MAX
