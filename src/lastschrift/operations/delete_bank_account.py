"""Taking a bank account away: it is hidden, its IBAN is free again, its id stays taken."""

from msgspec import Struct

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.errors import BankAccountUnknown
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import Ports, SealedBankAccount, Transaction
from lastschrift.operations.reveal_bank_account import reveal


class DeleteBankAccount(Struct, frozen=True, kw_only=True):
    """A bank account to be taken away.

    ``debtor_id``: it must be this debtor's, and not archived. None: whosever it is.
    """

    contract_id: ContractId
    client_id: ClientId
    account_id: AccountId
    debtor_id: DebtorId | None = None


async def delete_bank_account(ports: Ports, command: DeleteBankAccount) -> RevealedBankAccount:
    """Delete a bank account, and return it as it was.

    Raises, in this order: BankAccountUnknown, also where it is another debtor's;
    BankAccountManaged.
    """
    keys = await contract_keys(ports, command.contract_id)
    audit = audit_entry(
        ports,
        "bank_account.deleted",
        contract_id=command.contract_id,
        subject_id=command.account_id,
        client_id=command.client_id,
    )

    async def operation(transaction: Transaction) -> SealedBankAccount:
        locked = await transaction.lock_bank_account(command.contract_id, command.account_id)
        if locked is None or not _is_meant(locked.sealed, command):
            raise BankAccountUnknown
        locked.sealed.account.check_removable_by(command.client_id)
        await transaction.delete_bank_account(command.contract_id, command.account_id, audit.at)
        await transaction.add_audit_entries([audit])
        return locked.sealed

    return reveal(keys, await ports.store.write(operation))


def _is_meant(sealed: SealedBankAccount, command: DeleteBankAccount) -> bool:
    if command.debtor_id is None:
        return True
    account = sealed.account
    is_theirs = account.debtor is not None and account.debtor.id == command.debtor_id
    return is_theirs and account.archived is None
