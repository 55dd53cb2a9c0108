"""Reading a debtor that the merchant saved: one by its id."""

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.errors import DebtorUnknown
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.operations.ports import Ports


async def read_debtor(ports: Ports, contract: ContractId, debtor: DebtorId) -> Debtor:
    """Return a contract's debtor.

    Raises: DebtorUnknown.
    """
    found = await ports.store.read(lambda reader: reader.customer(contract, debtor))
    if found is None:
        raise DebtorUnknown
    return found
