"""Users of outside identity providers, and the debtors that they are linked to."""

from datetime import datetime
from typing import Protocol

from lastschrift.domain.access import IdentityLinking
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.identity import ContractId, DebtorId


class IdentityReader(Protocol):
    """What can be asked about linked identities."""

    async def linked_debtor(
        self, contract: ContractId, issuer: str, subject: str
    ) -> DebtorRef | None:
        """Return the debtor that a user is linked to; None if no link or no such debtor is left."""
        ...

    async def identity_linking(self, contract: ContractId) -> IdentityLinking | None:
        """Return how a contract's users come by their debtors; None if there is no contract."""
        ...


class IdentityWriter(Protocol):
    """What can be changed about linked identities."""

    async def link_identity(
        self, contract: ContractId, issuer: str, subject: str, debtor: DebtorId, now: datetime
    ) -> bool:
        """Link a user to a debtor; return False, and change nothing, if it is linked already."""
        ...

    async def unlink_identity(self, contract: ContractId, issuer: str, subject: str) -> bool:
        """Take a user's link away; return whether there was one."""
        ...

    async def unlink_identities_of(self, contract: ContractId, debtor: DebtorId) -> None:
        """Take all links to a debtor away."""
        ...
