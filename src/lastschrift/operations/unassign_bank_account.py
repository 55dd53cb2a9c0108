"""Taking a bank account from a debtor that the merchant saved: it is nobody's then."""

from msgspec import Struct
from msgspec.structs import replace

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.errors import DebtorUnknown
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.locking import lock_live_account
from lastschrift.operations.ports import Ports, SealedBankAccount, Transaction
from lastschrift.operations.reveal_bank_account import reveal


class UnassignBankAccount(Struct, frozen=True, kw_only=True):
    """A bank account to be taken from its debtor. ``debtor_id``: it must be this one's."""

    contract_id: ContractId
    client_id: ClientId
    account_id: AccountId
    debtor_id: DebtorId | None = None


async def unassign_bank_account(ports: Ports, command: UnassignBankAccount) -> RevealedBankAccount:
    """Take a bank account from its debtor, and return it as it is kept now.

    One that no debtor of the merchant's holds stays as it is.

    Raises, in this order: BankAccountUnknown, DebtorUnknown: another debtor's, BankAccountManaged.
    """
    keys = await contract_keys(ports, command.contract_id)
    audit = audit_entry(
        ports,
        "bank_account.unassigned",
        contract_id=command.contract_id,
        subject_id=command.account_id,
        client_id=command.client_id,
    )

    async def operation(transaction: Transaction) -> SealedBankAccount:
        locked = await lock_live_account(transaction, command.contract_id, command.account_id)
        account = locked.sealed.account
        if command.debtor_id not in (None, account.customer_id):
            raise DebtorUnknown
        if account.customer_id is None:
            return locked.sealed
        account.check_removable_by(command.client_id)
        await transaction.assign_bank_account(account.contract_id, account.id, None, audit.at)
        await transaction.add_audit_entries([audit])
        changed = replace(account, debtor=None, updated=audit.at)
        return SealedBankAccount(changed, locked.sealed.sealed_iban)

    return reveal(keys, await ports.store.write(operation))
