"""Reading the contract that a token is for."""

from lastschrift.domain.access import Contract
from lastschrift.domain.errors import ContractUnknown
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import Ports


async def read_contract(ports: Ports, contract: ContractId) -> Contract:
    """Return a contract.

    Raises: ContractUnknown.
    """
    found = await ports.store.read(lambda reader: reader.contract(contract))
    if found is None:
        raise ContractUnknown
    return found
