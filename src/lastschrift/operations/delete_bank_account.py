"""Taking a bank account away: it is hidden, its IBAN is free again, its id stays taken."""

from msgspec import Struct

from lastschrift.domain.errors import BankAccountUnknown
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import Ports, Transaction


class DeleteBankAccount(Struct, frozen=True, kw_only=True):
    """A debtor's bank account to be taken away."""

    contract_id: ContractId
    client_id: ClientId
    debtor_id: DebtorId
    account_id: AccountId


async def delete_bank_account(ports: Ports, command: DeleteBankAccount) -> None:
    """Delete a debtor's bank account.

    Raises: BankAccountUnknown, also where the account is another debtor's.
    """
    now = ports.clock.now()
    audit = audit_entry(
        ports,
        "bank_account.deleted",
        contract_id=command.contract_id,
        subject_id=command.account_id,
        client_id=command.client_id,
    )

    async def operation(transaction: Transaction) -> None:
        found = await transaction.bank_account(command.contract_id, command.account_id)
        debtor = None if found is None else found.account.debtor
        if debtor is None or debtor.id != command.debtor_id:
            raise BankAccountUnknown
        await transaction.delete_bank_account(command.contract_id, command.account_id, now)
        await transaction.add_audit_entries([audit])

    await ports.store.write(operation)
