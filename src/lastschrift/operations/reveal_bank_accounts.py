"""Listing bank accounts as the merchant's: with their full IBANs."""

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.identity import ContractId
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import Listing, Page, Ports
from lastschrift.operations.reveal_bank_account import reveal


async def reveal_bank_accounts(
    ports: Ports, contract: ContractId, page: Page
) -> Listing[RevealedBankAccount]:
    """Return a page of a contract's bank accounts and their IBANs, oldest first."""
    found = await ports.store.scan(lambda reader: reader.bank_accounts(contract, page))
    keys = await contract_keys(ports, contract)
    return Listing(found.total, [reveal(keys, sealed) for sealed in found.items])
