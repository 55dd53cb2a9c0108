"""Keeping a bank account as it is while a verb changes it, and with it what its debtor may hold.

One debtor holds an IBAN once. Who changes which IBANs a debtor holds has its row locked;
registrations share that lock. So what is looked up under it is true until the COMMIT.
"""

from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import BankAccountUnknown, DebtorAccessDenied, Unavailable
from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.ports import LockedBankAccount, Transaction

_ROUNDS_MAX = 3
"""An account that goes to another debtor while we wait is looked at again, this often in all."""


async def lock_live_account(
    transaction: Transaction, contract: ContractId, account: AccountId
) -> LockedBankAccount:
    """Return a bank account that nobody else changes until the COMMIT.

    Raises: BankAccountUnknown, also where it is archived.
    """
    locked = await transaction.lock_bank_account(contract, account)
    if locked is None or locked.sealed.account.archived is not None:
        raise BankAccountUnknown
    return locked


async def lock_account_for(
    transaction: Transaction, contract: ContractId, account: AccountId, debtor: DebtorRef
) -> LockedBankAccount:
    """Lock a bank account, and before it the debtor that is to hold it.

    Raises, in this order: BankAccountUnknown, DebtorAccessDenied.
    """
    if await transaction.bank_account(contract, account) is None:
        raise BankAccountUnknown
    is_there = await transaction.lock_debtor(contract, debtor)
    locked = await lock_live_account(transaction, contract, account)  # It may be gone, too.
    if not is_there:
        raise DebtorAccessDenied(debtor.id)
    return locked


async def lock_account_with_its_debtor(
    transaction: Transaction, contract: ContractId, account: AccountId
) -> LockedBankAccount:
    """Lock a bank account, and before it whichever debtor holds it.

    Raises: BankAccountUnknown; Unavailable: it goes from debtor to debtor.
    """
    for _ in range(_ROUNDS_MAX):
        found = await transaction.bank_account(contract, account)
        if found is None:
            raise BankAccountUnknown
        debtor = found.account.debtor
        if debtor is not None:
            await transaction.lock_debtor(contract, debtor)
        locked = await lock_live_account(transaction, contract, account)
        if locked.sealed.account.debtor == debtor:
            return locked
    raise Unavailable
