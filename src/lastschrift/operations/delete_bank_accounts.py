"""Taking away all bank accounts of a debtor, but for those that another client manages."""

from msgspec import Struct

from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.identity import ClientId, ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import Ports, Transaction

_ROWS_MAX = 50
"""So many in one transaction, that nobody waits for it for long."""


class DeleteBankAccounts(Struct, frozen=True, kw_only=True):
    """All bank accounts of a debtor, to be taken away by one client."""

    contract_id: ContractId
    client_id: ClientId
    debtor: DebtorRef


async def delete_bank_accounts(ports: Ports, command: DeleteBankAccounts) -> None:
    """Delete all bank accounts of a debtor that this client may delete.

    If it ends with Unavailable, some of them may be deleted; to do it again does the rest.
    """
    while await _delete_some(ports, command) == _ROWS_MAX:
        pass


async def _delete_some(ports: Ports, command: DeleteBankAccounts) -> int:
    """Delete some that are left; return how many there were."""
    now = ports.clock.now()

    async def operation(transaction: Transaction) -> int:
        removable = await transaction.lock_removable_bank_accounts_of(
            command.contract_id, command.debtor, command.client_id, _ROWS_MAX
        )
        for account in removable:
            await transaction.delete_bank_account(command.contract_id, account, now)
            audit = audit_entry(
                ports,
                "bank_account.deleted",
                contract_id=command.contract_id,
                subject_id=account,
                client_id=command.client_id,
                at=now,
            )
            await transaction.add_audit_entries([audit])
        return len(removable)

    return await ports.store.write(operation)
