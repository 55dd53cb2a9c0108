"""Putting a bank account away: it can still be read by its id, its IBAN is free again."""

from msgspec import Struct
from msgspec.structs import replace

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.identity import AccountId, ClientId, ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.locking import lock_live_account
from lastschrift.operations.ports import Ports, SealedBankAccount, Transaction
from lastschrift.operations.reveal_bank_account import reveal


class ArchiveBankAccount(Struct, frozen=True, kw_only=True):
    """A bank account to be put away."""

    contract_id: ContractId
    client_id: ClientId
    account_id: AccountId


async def archive_bank_account(ports: Ports, command: ArchiveBankAccount) -> RevealedBankAccount:
    """Archive a bank account, and return it as it is kept now.

    Raises, in this order: BankAccountUnknown, also where it is archived; BankAccountManaged.
    """
    keys = await contract_keys(ports, command.contract_id)
    audit = audit_entry(
        ports,
        "bank_account.archived",
        contract_id=command.contract_id,
        subject_id=command.account_id,
        client_id=command.client_id,
    )

    async def operation(transaction: Transaction) -> SealedBankAccount:
        locked = await lock_live_account(transaction, command.contract_id, command.account_id)
        account = locked.sealed.account
        account.check_removable_by(command.client_id)
        await transaction.archive_bank_account(account.contract_id, account.id, audit.at)
        await transaction.add_audit_entries([audit])
        changed = replace(account, archived=audit.at, updated=audit.at)
        return SealedBankAccount(changed, locked.sealed.sealed_iban)

    return reveal(keys, await ports.store.write(operation))
