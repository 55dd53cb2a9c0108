"""Reading a bank account as its debtor's own: without the full IBAN."""

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.errors import BankAccountUnknown
from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from lastschrift.operations.ports import Ports


async def read_bank_account(
    ports: Ports, contract: ContractId, debtor: DebtorId, account: AccountId
) -> BankAccount:
    """Return a debtor's bank account.

    Raises: BankAccountUnknown, also where the account is another debtor's.
    """
    found = await ports.store.read(lambda reader: reader.bank_account(contract, account))
    if found is None or found.account.debtor is None or found.account.debtor.id != debtor:
        raise BankAccountUnknown
    return found.account
