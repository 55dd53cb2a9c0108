"""Listing a debtor's bank accounts: without their full IBANs."""

from collections.abc import Sequence

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.operations.ports import Ports


async def list_bank_accounts(
    ports: Ports, contract: ContractId, debtor: DebtorId
) -> Sequence[BankAccount]:
    """Return all bank accounts of a debtor, oldest first."""
    found = await ports.store.scan(lambda reader: reader.bank_accounts_of(contract, debtor))
    return [sealed.account for sealed in found]
