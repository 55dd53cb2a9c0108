"""Replacing a payer's contact data."""

from msgspec import Struct
from msgspec.structs import replace

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.errors import DebtorUnknown
from lastschrift.domain.identity import ClientId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import Ports, Transaction


class UpdateDebtor(Struct, frozen=True, kw_only=True):
    """Contact data to take the place of a debtor's: what is left out is gone."""

    contract_id: ContractId
    client_id: ClientId
    debtor_id: DebtorId
    contact: Party


async def update_debtor(ports: Ports, command: UpdateDebtor) -> Debtor:
    """Replace the contact data of a debtor that the merchant saved; return it as it is now.

    Raises: DebtorUnknown.
    """
    audit = audit_entry(
        ports,
        "debtor.updated",
        contract_id=command.contract_id,
        subject_id=command.debtor_id,
        client_id=command.client_id,
    )

    async def operation(transaction: Transaction) -> Debtor:
        found = await transaction.lock_customer(command.contract_id, command.debtor_id)
        if found is None:
            raise DebtorUnknown
        changed = replace(found, contact=command.contact, updated=audit.at)
        await transaction.update_debtor(changed)
        await transaction.add_audit_entries([audit])
        return changed

    return await ports.store.write(operation)
