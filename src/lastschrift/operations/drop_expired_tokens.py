"""Forgetting access tokens that are past their time, or of before the clock was set back."""

from lastschrift.operations.ports import Ports, Transaction

_PIECE_ROWS = 200
"""Few enough that nobody in the same commit waits for long."""


async def drop_expired_tokens(ports: Ports) -> int:
    """Delete expired tokens in short pieces; return how many there were."""
    dropped = count = await _drop_piece(ports)
    while count == _PIECE_ROWS:
        count = await _drop_piece(ports)
        dropped += count
    return dropped


async def _drop_piece(ports: Ports) -> int:
    now = ports.clock.now()

    async def operation(transaction: Transaction) -> int:
        return await transaction.drop_expired_tokens(now, _PIECE_ROWS)

    return await ports.store.write(operation)
