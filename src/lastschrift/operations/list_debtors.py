"""Listing the debtors that the merchant saved."""

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import Listing, Page, Ports


async def list_debtors(ports: Ports, contract: ContractId, page: Page) -> Listing[Debtor]:
    """Return a page of a contract's debtors, oldest first."""
    return await ports.store.scan(lambda reader: reader.customers(contract, page))
