"""Bank accounts, as the store keeps them: their IBANs sealed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import DomainError
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.operations.ports.auditing import AuditEntry
from lastschrift.operations.ports.conditions import Condition
from lastschrift.operations.ports.idempotency import KeyUse
from lastschrift.operations.ports.lists import Page, Search, Stretch
from lastschrift.operations.ports.vault import Fingerprints


class SealedBankAccount(Struct, frozen=True):
    """A bank account as it is kept: with its IBAN encrypted."""

    account: BankAccount
    sealed_iban: bytes


class LockedBankAccount(Struct, frozen=True):
    """A bank account that nobody else changes until the COMMIT; equal IBANs, equal fingerprints."""

    sealed: SealedBankAccount
    fingerprints: Fingerprints


class NewBankAccount(Struct, frozen=True, gc=False):
    """A bank account about to be kept. ``iban`` itself is never stored."""

    account: BankAccount
    iban: Iban
    sealed_iban: bytes
    fingerprints: Fingerprints
    audit: AuditEntry


class KeyedBankAccount(Struct, frozen=True, gc=False):
    """A bank account about to be kept, and the use of the idempotency key that it comes with."""

    new: NewBankAccount
    use: KeyUse


class BankAccountReader(Protocol):
    """What can be asked about bank accounts."""

    async def bank_account(
        self, contract: ContractId, account: AccountId
    ) -> SealedBankAccount | None:
        """Return a bank account that is not deleted."""
        ...

    async def readable_bank_account(
        self, contract: ContractId, account: AccountId
    ) -> SealedBankAccount | None:
        """Return a bank account that is not deleted, or that is archived."""
        ...

    async def bank_accounts(
        self, contract: ContractId, search: Search
    ) -> Sequence[SealedBankAccount]:
        """Return a page of a contract's bank accounts that are not deleted.

        Raises: SearchTooBroad.
        """
        ...

    async def bank_accounts_next(
        self, contract: ContractId, stretch: Stretch
    ) -> Sequence[SealedBankAccount]:
        """Return those of them that come next in the order of creation.

        Raises: SearchTooBroad.
        """
        ...

    async def count_bank_accounts(
        self, contract: ContractId, condition: Condition, most: int | None
    ) -> int:
        """Return how many of them there are, or ``most`` if there are more.

        Raises: SearchTooBroad.
        """
        ...

    async def count_bank_accounts_gone(
        self, contract: ContractId, since: datetime, created_before: datetime
    ) -> int:
        """Return how many of them were deleted from then on that had been created before."""
        ...

    async def bank_accounts_of(
        self, contract: ContractId, debtor: DebtorId
    ) -> Sequence[SealedBankAccount]:
        """Return a debtor's bank accounts that are not deleted, oldest first."""
        ...

    async def some_bank_accounts_of(
        self, contract: ContractId, debtor: DebtorRef, page: Page, *, valid_at: datetime | None
    ) -> Sequence[SealedBankAccount]:
        """Return a page of a debtor's bank accounts that are not deleted, oldest first.

        ``valid_at``: only those that are not past their expiry then.
        """
        ...


class BankAccountWriter(Protocol):
    """What can be changed about bank accounts."""

    async def add_bank_accounts(self, accounts: Sequence[NewBankAccount]) -> Sequence[int]:
        """Keep what can be kept, each with its audit entry; return the places of what can't be.

        Left out is, with no harm to its neighbours: an account whose debtor does not exist, whose
        debtor already holds the IBAN, or whose id is taken. Of several that exclude each other one
        is kept; where they have the same IBAN, the first.
        """
        ...

    async def add_keyed_bank_accounts(self, keyed: Sequence[KeyedBankAccount]) -> Sequence[int]:
        """Keep accounts that are new under keys that are, as `add_bank_accounts` and `claim_key`.

        Return the places of the rest, of which nothing is kept. Why, is not told: it may have been
        too much trouble. What becomes of them, a transaction for each of them finds out.
        """
        ...

    async def why_left_out(
        self, accounts: Sequence[NewBankAccount]
    ) -> Sequence[DomainError | None]:
        """Tell, for each account that `add_bank_accounts` left out, why.

        The first that holds of: BankAccountAlreadyRegistered, AccountIdTaken, DebtorAccessDenied;
        None if none of them holds any more.
        """
        ...

    async def delete_bank_account(
        self, contract: ContractId, account: AccountId, now: datetime
    ) -> None:
        """Hide a bank account from now on, and free its IBAN; its id stays taken.

        One that is archived can't be read any more, either.
        """
        ...

    async def delete_bank_accounts_of(
        self, contract: ContractId, debtor: DebtorId, now: datetime
    ) -> Sequence[AccountId]:
        """Hide all bank accounts of a debtor, and free their IBANs; return which they were."""
        ...

    async def lock_removable_bank_accounts_of(
        self, contract: ContractId, debtor: DebtorRef, client: ClientId, rows_max: int
    ) -> Sequence[AccountId]:
        """Return up to ``rows_max`` of a debtor's bank accounts, oldest first; none changes.

        Those that are deleted, or that another client manages, are none of them.
        """
        ...

    async def lock_bank_account(
        self, contract: ContractId, account: AccountId
    ) -> LockedBankAccount | None:
        """Return a `readable_bank_account`; nothing of it changes until the COMMIT.

        Who locks its debtor too, does that first, so that no two wait for each other.
        """
        ...

    async def bank_account_with(
        self, contract: ContractId, debtor: DebtorId, fingerprints: Fingerprints
    ) -> AccountId | None:
        """Return which of a debtor's accounts has an IBAN, if one has; archived ones don't count.

        One fingerprint that is the same is enough.

        It stays so until the COMMIT, if the debtor is locked.
        """
        ...

    async def update_bank_account(
        self, account: BankAccount, sealed_iban: bytes, fingerprints: Fingerprints
    ) -> None:
        """Take another debtor, IBAN, bank, owner and time of change for a bank account.

        The debtor must be locked, and have no other account with the IBAN.
        """
        ...

    async def update_account_usage(self, account: BankAccount) -> None:
        """Take another alias, expiry, authorisation and time of change for a bank account."""
        ...

    async def assign_bank_account(
        self, contract: ContractId, account: AccountId, debtor: DebtorId | None, now: datetime
    ) -> None:
        """Take another debtor for a bank account, or none; as for `update_bank_account`."""
        ...

    async def archive_bank_account(
        self, contract: ContractId, account: AccountId, now: datetime
    ) -> None:
        """Keep a bank account only to be read from now on, and free its IBAN."""
        ...
