"""Changing how a payer uses a bank account: its alias, until when, what must be told with it."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from lastschrift.domain.bank_account import AuthorisationAttribute, BankAccount
from lastschrift.domain.errors import BankAccountUnknown
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import Ports, Transaction


class UpdateAccountUsage(Struct, frozen=True, kw_only=True):
    """What is to be another about a debtor's bank account; UNSET stays as it is."""

    contract_id: ContractId
    client_id: ClientId
    debtor_id: DebtorId
    account_id: AccountId
    alias: str | UnsetType | None = UNSET
    expiry: datetime | UnsetType | None = UNSET
    authorisation: tuple[AuthorisationAttribute, ...] | UnsetType = UNSET

    def applied_to(self, account: BankAccount) -> BankAccount:
        """Return the account as it is wanted."""
        return replace(
            account,
            alias=account.alias if self.alias is UNSET else self.alias,
            expiry=account.expiry if self.expiry is UNSET else self.expiry,
            authorisation=(
                account.authorisation if self.authorisation is UNSET else self.authorisation
            ),
        )


async def update_account_usage(ports: Ports, command: UpdateAccountUsage) -> BankAccount:
    """Change what is told of a debtor's bank account, and return it as it is then.

    Of two who change it at a time, one waits for the other, and changes what that one left.

    Raises: BankAccountUnknown, also where the account is another debtor's.
    """
    audit = audit_entry(
        ports,
        "bank_account.updated",
        contract_id=command.contract_id,
        subject_id=command.account_id,
        client_id=command.client_id,
    )

    async def operation(transaction: Transaction) -> BankAccount:
        locked = await transaction.lock_bank_account(command.contract_id, command.account_id)
        if locked is None:
            raise BankAccountUnknown
        account = locked.sealed.account
        is_debtors_own = account.debtor is not None and account.debtor.id == command.debtor_id
        if not is_debtors_own or account.archived is not None:
            raise BankAccountUnknown
        wanted = replace(command.applied_to(account), updated=audit.at)
        await transaction.update_account_usage(wanted)
        await transaction.add_audit_entries([audit])
        return wanted

    return await ports.store.write(operation)
