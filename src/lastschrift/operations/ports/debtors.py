"""Debtors, as the store keeps them."""

from typing import Protocol

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.operations.ports.lists import Listing, Page


class DebtorReader(Protocol):
    """What can be asked about debtors."""

    async def customer(self, contract: ContractId, debtor: DebtorId) -> Debtor | None:
        """Return a debtor that the merchant saved."""
        ...

    async def customers(self, contract: ContractId, page: Page) -> Listing[Debtor]:
        """Return the debtors that the merchant saved, oldest first."""
        ...


class DebtorWriter(Protocol):
    """What can be changed about debtors."""

    async def add_debtor(self, debtor: Debtor) -> None:
        """Keep a new debtor."""
        ...
