"""Reading a bank account as the merchant's: with its full IBAN."""

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.errors import BankAccountUnknown
from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.auditing import record_reading
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import ContractKeys, Ports, SealedBankAccount


async def reveal_bank_account(
    ports: Ports, contract: ContractId, account: AccountId
) -> RevealedBankAccount:
    """Return a contract's bank account, an archived one too, and its IBAN.

    Raises: BankAccountUnknown; Unavailable.
    """
    found = await ports.store.read(lambda reader: reader.readable_bank_account(contract, account))
    if found is None:
        raise BankAccountUnknown
    await record_reading(ports, contract, [found.account])
    return reveal(await contract_keys(ports, contract), found)


def reveal(keys: ContractKeys, sealed: SealedBankAccount) -> RevealedBankAccount:
    """Open the IBAN of an account as it is kept."""
    account = sealed.account
    return RevealedBankAccount(account, keys.open_iban(account.id, sealed.sealed_iban))
