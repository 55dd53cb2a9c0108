"""Going on to read debtors."""

from uuid import UUID

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.identity import ContractId
from lastschrift.operations.list_debtors import DEBTORS
from lastschrift.operations.ports import Batch, Ports
from lastschrift.operations.scrolling import next_batch


async def next_debtors(ports: Ports, contract: ContractId, scroll: UUID) -> Batch[Debtor]:
    """Return the next debtors of a scroll; none at its end.

    Raises: ScrollUnknown, SearchTooBroad, Unavailable.
    """
    return await next_batch(ports, contract, DEBTORS, scroll)
