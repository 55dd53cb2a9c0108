"""Listing which keys there are, and which version of the master key each is wrapped under."""

from collections.abc import Sequence

from msgspec import Struct

from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import Ports, WrappedKey


class KeysOfContract(Struct, frozen=True):
    """A contract's keys as they are kept: wrapped."""

    contract_id: ContractId
    keys: Sequence[WrappedKey]


async def list_keys(ports: Ports) -> list[KeysOfContract]:
    """Return the keys of all contracts, oldest contract first."""
    found = []
    for contract in await ports.store.scan(lambda reader: reader.contracts()):
        keys = await _kept(ports, contract.id)
        found.append(KeysOfContract(contract.id, keys))
    return found


async def _kept(ports: Ports, contract: ContractId) -> Sequence[WrappedKey]:
    return await ports.store.read(lambda reader: reader.wrapped_keys(contract))
