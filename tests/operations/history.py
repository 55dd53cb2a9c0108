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
    DebtorUnknown,
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
    is_archived: bool = False

    @property
    def is_live(self) -> bool:
        """Whether it is listed, and its IBAN not free."""
        return not (self.is_deleted or self.is_archived)


@dataclass(slots=True)
class Books:
    """All that one contract keeps."""

    debtors: list[DebtorRef] = field(default_factory=list)
    accounts: list[Held] = field(default_factory=list)

    def why_not(
        self, debtor: DebtorRef | None, account_id: AccountId | None, iban: Iban
    ) -> DomainError | None:
        """Return why an account can't be registered, None if it can."""
        duplicate = self.duplicate(debtor, iban)
        if duplicate is not None:
            return duplicate
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

    # --- changes ---

    def update(
        self, account_id: AccountId, debtor: DebtorRef | None, iban: Iban
    ) -> DomainError | None:
        """Replace an account's IBAN, and its debtor if one is named, or return why not."""
        held = self.found(account_id)
        if held is None:
            return BankAccountUnknown()
        if debtor is not None and debtor not in self.debtors:
            return DebtorAccessDenied(debtor.id)
        holder = debtor or held.debtor
        duplicate = self.duplicate(holder, iban, but=held)
        if duplicate is None:
            held.iban, held.debtor = iban, holder
        return duplicate

    def assign(self, account_id: AccountId, debtor: DebtorRef) -> DomainError | None:
        """Give an account to a debtor, or return why not."""
        held = self.found(account_id)
        return BankAccountUnknown() if held is None else self.update(held.id, debtor, held.iban)

    def unassign(self, account_id: AccountId) -> DomainError | None:
        """Take an account from its debtor, or return why not."""
        held = self.found(account_id)
        if held is None:
            return BankAccountUnknown()
        held.debtor = None
        return None

    def archive(self, account_id: AccountId) -> DomainError | None:
        """Archive an account, or return why not."""
        held = self.found(account_id)
        if held is None:
            return BankAccountUnknown()
        held.is_archived = True
        return None

    def delete_whosever(self, account_id: AccountId) -> DomainError | None:
        """Delete an account, live or archived, or return why not."""
        for held in self.accounts:
            if held.id == account_id and not held.is_deleted:
                held.is_deleted = True
                return None
        return BankAccountUnknown()

    def delete_debtor(self, debtor: DebtorRef) -> DomainError | None:
        """Delete a debtor with all accounts, or return why not."""
        if debtor not in self.debtors:
            return DebtorUnknown()
        self.debtors.remove(debtor)
        for held in self.accounts:
            held.is_deleted = held.is_deleted or held.debtor == debtor
        return None

    # --- looking ---

    def duplicate(
        self, debtor: DebtorRef | None, iban: Iban, but: Held | None = None
    ) -> DomainError | None:
        """Return that a debtor holds an IBAN, by another account than ``but``, or None."""
        for held in self.live(debtor):
            if debtor is not None and held.iban == iban and held is not but:
                return BankAccountAlreadyRegistered(held.id, iban)
        return None

    def found(self, account_id: AccountId) -> Held | None:
        """Return a live account."""
        return next((held for held in self.all_live() if held.id == account_id), None)

    def live(self, debtor: DebtorRef | None) -> list[Held]:
        """Return what a debtor, or nobody, holds."""
        return [held for held in self.all_live() if held.debtor == debtor]

    def all_live(self) -> list[Held]:
        """Return all that is held, oldest first."""
        return [held for held in self.accounts if held.is_live]


Ledger = dict[ContractId, Books]
