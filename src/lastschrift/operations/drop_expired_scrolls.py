"""Forgetting how far lists have been read, once nobody may go on."""

from lastschrift.operations.dropping import drop_of_all_contracts
from lastschrift.operations.ports import Ports


async def drop_expired_scrolls(ports: Ports) -> int:
    """Delete expired scrolls in short pieces; return how many there were."""
    return await drop_of_all_contracts(
        ports,
        lambda transaction, contract, now, count: transaction.drop_expired_scrolls(
            contract, now, count
        ),
    )
