"""Beginning to read all debtors that the merchant saved, batch by batch."""

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.identity import ContractId
from lastschrift.operations.list_debtors import DEBTORS
from lastschrift.operations.ports import Batch, Ports
from lastschrift.operations.scrolling import BeginScroll, begin_scroll


async def begin_debtor_scroll(
    ports: Ports, contract: ContractId, begin: BeginScroll
) -> Batch[Debtor]:
    """Return the first of a contract's debtors, and how many there are.

    Raises: SearchTooBroad.
    """
    return await begin_scroll(ports, contract, DEBTORS, begin)
