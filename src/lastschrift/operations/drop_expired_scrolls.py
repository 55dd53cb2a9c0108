"""Forgetting how far lists have been read, once nobody may go on."""

from collections.abc import Sequence

from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import Ports, Transaction

_PIECE_ROWS = 200
"""Few enough that nobody in the same commit waits for long."""

_PIECE_CONTRACTS = 50
"""Few enough, too, where none of them has anything to forget."""


async def drop_expired_scrolls(ports: Ports) -> int:
    """Delete expired scrolls in short pieces; return how many there were."""
    contracts = [contract.id for contract in await ports.store.scan(lambda all_: all_.contracts())]
    dropped = 0
    for start in range(0, len(contracts), _PIECE_CONTRACTS):
        some = contracts[start : start + _PIECE_CONTRACTS]
        count = _PIECE_ROWS
        while count == _PIECE_ROWS:
            count = await _drop_piece(ports, some)
            dropped += count
    return dropped


async def _drop_piece(ports: Ports, contracts: Sequence[ContractId]) -> int:
    """Delete up to `_PIECE_ROWS` of some contracts' scrolls."""
    now = ports.clock.now()

    async def operation(transaction: Transaction) -> int:
        dropped = 0
        for contract in contracts:
            if dropped < _PIECE_ROWS:
                left = _PIECE_ROWS - dropped
                dropped += await transaction.drop_expired_scrolls(contract, now, left)
        return dropped

    return await ports.store.write(operation)
