"""Opening a contract: a tenant with keys of its own."""

from msgspec import Struct

from lastschrift.domain.access import Contract, IdentityLinking
from lastschrift.domain.identity import ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import Ports, Transaction


class CreateContract(Struct, frozen=True):
    """A contract to be opened, under the merchant's name."""

    name: str
    identity_linking: IdentityLinking = IdentityLinking.FIRST_USE


async def create_contract(ports: Ports, command: CreateContract) -> Contract:
    """Open a contract and make its keys."""
    contract = Contract(
        id=ContractId(ports.ids.new_id()),
        name=command.name,
        created=ports.clock.now(),
        identity_linking=command.identity_linking,
    )
    keys = ports.vault.new_contract_keys(contract.id)
    audit = audit_entry(ports, "contract.created", contract_id=contract.id, subject_id=contract.id)

    async def operation(transaction: Transaction) -> None:
        await transaction.add_contract(contract, keys)
        await transaction.add_audit_entries([audit])

    await ports.store.write(operation)
    return contract
