"""Replacing a bank account: its IBAN, bank and owner, and its debtor where one is named."""

from msgspec import Struct
from msgspec.structs import replace

from lastschrift.domain.bank_account import BankAccount, RevealedBankAccount
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import BankAccountAlreadyRegistered
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ClientId, ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.locking import lock_account_for, lock_account_with_its_debtor
from lastschrift.operations.ports import AuditEntry, LockedBankAccount, Ports, Transaction


class UpdateBankAccount(Struct, frozen=True, kw_only=True):
    """What takes the place of a bank account's data. ``debtor`` None: whoever holds it keeps it."""

    contract_id: ContractId
    client_id: ClientId
    account_id: AccountId
    debtor: DebtorRef | None
    iban: Iban
    bic: str | None
    bank_name: str | None
    owner: str | None


async def update_bank_account(ports: Ports, command: UpdateBankAccount) -> RevealedBankAccount:
    """Replace a bank account's data, and return it as it is kept now.

    Raises, in this order: BankAccountUnknown, DebtorAccessDenied, BankAccountManaged,
    BankAccountHeldByUser, BankAccountAlreadyRegistered; Unavailable.
    """
    keys = await contract_keys(ports, command.contract_id)
    sealed_iban = keys.seal_iban(command.account_id, command.iban)
    fingerprints = keys.fingerprints(command.iban)
    audit = audit_entry(
        ports,
        "bank_account.updated",
        contract_id=command.contract_id,
        subject_id=command.account_id,
        client_id=command.client_id,
    )

    async def operation(transaction: Transaction) -> BankAccount:
        locked = await _lock(transaction, command)
        account = locked.sealed.account
        account.check_removable_by(command.client_id)
        if command.debtor is not None:
            account.check_assignable_to(command.debtor)
        changed = _changed(account, command, audit)
        if changed.debtor is not None:
            held = await transaction.bank_account_with(
                command.contract_id, changed.debtor.id, fingerprints
            )
            if held not in (None, command.account_id):
                raise BankAccountAlreadyRegistered(held, command.iban)
        await transaction.update_bank_account(changed, sealed_iban, fingerprints)
        await transaction.add_audit_entries([audit])
        return changed

    return RevealedBankAccount(await ports.store.write(operation), command.iban)


async def _lock(transaction: Transaction, command: UpdateBankAccount) -> LockedBankAccount:
    contract, account = command.contract_id, command.account_id
    if command.debtor is None:
        return await lock_account_with_its_debtor(transaction, contract, account)
    return await lock_account_for(transaction, contract, account, command.debtor)


def _changed(account: BankAccount, command: UpdateBankAccount, audit: AuditEntry) -> BankAccount:
    return replace(
        account,
        debtor=command.debtor or account.debtor,
        iban_country=command.iban.country,
        iban_last_four=command.iban.last_four,
        bic=command.bic,
        bank_name=command.bank_name,
        owner=command.owner,
        updated=audit.at,
    )
