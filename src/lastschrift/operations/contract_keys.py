"""Getting at a contract's keys: from memory, or once from the store."""

from lastschrift.domain.errors import ContractUnknown
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import ContractKeys, Ports


async def contract_keys(ports: Ports, contract: ContractId) -> ContractKeys:
    """Return the keys that seal and fingerprint a contract's IBANs.

    Raises: ContractUnknown.
    """
    keys = ports.vault.unlocked(contract)
    if keys is None:
        wrapped = await ports.store.read(lambda reader: reader.wrapped_keys(contract))
        if not wrapped:
            raise ContractUnknown
        keys = ports.vault.unlock(contract, wrapped)
    return keys
