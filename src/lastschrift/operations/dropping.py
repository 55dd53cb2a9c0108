"""Forgetting what is past its time, contract by contract, in pieces that hold up nobody."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import Ports, Transaction

PIECE_ROWS = 200
"""Few enough that nobody in the same commit waits for long."""

_PIECE_CONTRACTS = 50
"""Few enough, too, where none of them has anything to forget."""

Drop = Callable[[Transaction, ContractId, datetime, int], Awaitable[int]]
"""Deletes up to so many of a contract's rows that are past their time, and returns how many."""


async def drop_of_all_contracts(ports: Ports, drop: Drop) -> int:
    """Delete what is past its time, of all contracts; return how many rows there were."""
    contracts = [contract.id for contract in await ports.store.scan(lambda all_: all_.contracts())]
    dropped = 0
    for start in range(0, len(contracts), _PIECE_CONTRACTS):
        some = contracts[start : start + _PIECE_CONTRACTS]
        count = PIECE_ROWS
        while count == PIECE_ROWS:
            count = await _drop_piece(ports, some, drop)
            dropped += count
    return dropped


async def _drop_piece(ports: Ports, contracts: Sequence[ContractId], drop: Drop) -> int:
    """Delete up to `PIECE_ROWS` of some contracts' rows."""
    now = ports.clock.now()

    async def operation(transaction: Transaction) -> int:
        dropped = 0
        for contract in contracts:
            if dropped < PIECE_ROWS:
                dropped += await drop(transaction, contract, now, PIECE_ROWS - dropped)
        return dropped

    return await ports.store.write(operation)
