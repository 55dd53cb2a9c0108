"""Debtors, as the store keeps them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from lastschrift.domain.debtor import Debtor, DebtorRef
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.operations.ports.auditing import AuditEntry
from lastschrift.operations.ports.conditions import Condition
from lastschrift.operations.ports.idempotency import KeyUse
from lastschrift.operations.ports.lists import Search, Stretch


class NewDebtor(Struct, frozen=True, gc=False):
    """A debtor about to be kept, and who saves it."""

    debtor: Debtor
    audit: AuditEntry


class KeyedDebtor(Struct, frozen=True, gc=False):
    """A debtor about to be kept, and the use of the idempotency key that it comes with."""

    new: NewDebtor
    use: KeyUse


class DebtorReader(Protocol):
    """What can be asked about debtors."""

    async def customer(self, contract: ContractId, debtor: DebtorId) -> Debtor | None:
        """Return a debtor that the merchant saved."""
        ...

    async def customers(self, contract: ContractId, search: Search) -> Sequence[Debtor]:
        """Return a page of those debtors that the merchant saved.

        Raises: SearchTooBroad.
        """
        ...

    async def customers_next(self, contract: ContractId, stretch: Stretch) -> Sequence[Debtor]:
        """Return those of them that come next in the order of creation.

        Raises: SearchTooBroad.
        """
        ...

    async def count_customers(
        self, contract: ContractId, condition: Condition, most: int | None
    ) -> int:
        """Return how many of them there are, or ``most`` if there are more.

        Raises: SearchTooBroad.
        """
        ...

    async def count_customers_gone(
        self, contract: ContractId, since: datetime, created_before: datetime
    ) -> int:
        """Return how many of them were deleted from then on that had been created before."""
        ...


class DebtorWriter(Protocol):
    """What can be changed about debtors."""

    async def add_debtor(self, debtor: Debtor) -> None:
        """Keep a new debtor; what is written down of it is another step's."""
        ...

    async def add_debtors(self, debtors: Sequence[NewDebtor]) -> None:
        """Keep new debtors, each with its audit entry."""
        ...

    async def add_keyed_debtors(self, keyed: Sequence[KeyedDebtor]) -> Sequence[int]:
        """Keep debtors under keys that are new, as `add_debtors` and `claim_key`.

        Return the places of the rest, as `BankAccountWriter.add_keyed_bank_accounts` does.
        """
        ...

    async def lock_customer(self, contract: ContractId, debtor: DebtorId) -> Debtor | None:
        """Return a debtor that the merchant saved; nothing of it changes until the COMMIT.

        No account is registered for it, either.
        """
        ...

    async def lock_debtor(self, contract: ContractId, debtor: DebtorRef) -> bool:
        """Keep a debtor's accounts as they are until the COMMIT; whether there is such a debtor.

        None is registered; who changes what IBANs it holds, locks it, too.
        """
        ...

    async def update_debtor(self, debtor: Debtor) -> None:
        """Take other contact data for a debtor."""
        ...

    async def delete_debtor(self, contract: ContractId, debtor: DebtorId, now: datetime) -> None:
        """Hide a debtor from now on; its accounts and its linked identities stay as they are."""
        ...
