"""Changing how the users of outside identity providers come by their debtors."""

from lastschrift.domain.access import Contract, IdentityLinking
from lastschrift.domain.errors import ContractUnknown
from lastschrift.domain.identity import ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import Ports, Transaction


async def change_identity_linking(
    ports: Ports, contract_id: ContractId, linking: IdentityLinking
) -> Contract:
    """Let a contract's users be linked in this way from now on; who is linked already stays so.

    Raises: ContractUnknown; Unavailable.
    """
    audit = audit_entry(
        ports,
        f"contract.identity_linking.{linking.value}",
        contract_id=contract_id,
        subject_id=contract_id,
    )

    async def operation(transaction: Transaction) -> Contract:
        await transaction.change_identity_linking(contract_id, linking)
        contract = await transaction.contract(contract_id)
        if contract is None:
            raise ContractUnknown
        await transaction.add_audit_entries([audit])
        return contract

    return await ports.store.write(operation)
