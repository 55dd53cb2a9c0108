"""The bank accounts of several contracts as anybody would keep them in their head: a model.

It says what each step must come to, so that the real thing can be held against it.
"""

from dataclasses import dataclass, field

from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import (
    AccountIdTaken,
    BankAccountAlreadyRegistered,
    BankAccountUnknown,
    DebtorAccessDenied,
    DomainError,
)
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ContractId


@dataclass(slots=True)
class Held:
    """A bank account of the model."""

    id: AccountId
    debtor: DebtorRef | None
    iban: Iban
    is_deleted: bool = False


@dataclass(slots=True)
class Books:
    """All that one contract keeps."""

    debtors: list[DebtorRef] = field(default_factory=list)
    accounts: list[Held] = field(default_factory=list)

    def why_not(
        self, debtor: DebtorRef | None, account_id: AccountId | None, iban: Iban
    ) -> DomainError | None:
        """Return why an account can't be registered, None if it can."""
        for held in self.live(debtor):
            if debtor is not None and held.iban == iban:
                return BankAccountAlreadyRegistered(held.id, iban)
        if self.is_taken(account_id):
            return AccountIdTaken()
        if debtor is not None and debtor not in self.debtors:
            return DebtorAccessDenied(debtor.id)
        return None

    def is_taken(self, account_id: AccountId | None) -> bool:
        """Whether an account has this id, or had it."""
        return any(held.id == account_id for held in self.accounts)

    def register(self, account_id: AccountId, debtor: DebtorRef | None, iban: Iban) -> None:
        """Keep an account."""
        self.accounts.append(Held(account_id, debtor, iban))

    def delete(self, debtor: DebtorRef, account_id: AccountId) -> DomainError | None:
        """Delete a debtor's account, or return why not."""
        for held in self.live(debtor):
            if held.id == account_id:
                held.is_deleted = True
                return None
        return BankAccountUnknown()

    def live(self, debtor: DebtorRef | None) -> list[Held]:
        """Return what a debtor, or nobody, holds."""
        return [held for held in self.all_live() if held.debtor == debtor]

    def all_live(self) -> list[Held]:
        """Return all that is held, oldest first."""
        return [held for held in self.accounts if not held.is_deleted]


Ledger = dict[ContractId, Books]
