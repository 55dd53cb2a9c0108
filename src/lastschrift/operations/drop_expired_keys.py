"""Forgetting what idempotency keys were used for, once they are past their time."""

from lastschrift.operations.dropping import drop_of_all_contracts
from lastschrift.operations.ports import Ports


async def drop_expired_keys(ports: Ports) -> int:
    """Delete expired uses of keys in short pieces; return how many there were."""
    return await drop_of_all_contracts(
        ports,
        lambda transaction, contract, now, count: transaction.drop_expired_keys(
            contract, now, count
        ),
    )
