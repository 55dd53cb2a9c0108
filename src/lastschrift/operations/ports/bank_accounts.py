"""Bank accounts, as the store keeps them: their IBANs sealed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.errors import DomainError
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from lastschrift.operations.ports.auditing import AuditEntry
from lastschrift.operations.ports.lists import Listing, Page


class SealedBankAccount(Struct, frozen=True):
    """A bank account as it is kept: with its IBAN encrypted."""

    account: BankAccount
    sealed_iban: bytes


class NewBankAccount(Struct, frozen=True, gc=False):
    """A bank account about to be kept. ``iban`` itself is never stored."""

    account: BankAccount
    iban: Iban
    sealed_iban: bytes
    fingerprint: bytes
    audit: AuditEntry


class BankAccountReader(Protocol):
    """What can be asked about bank accounts."""

    async def bank_account(
        self, contract: ContractId, account: AccountId
    ) -> SealedBankAccount | None:
        """Return a bank account that is not deleted."""
        ...

    async def bank_accounts(self, contract: ContractId, page: Page) -> Listing[SealedBankAccount]:
        """Return a contract's bank accounts that are not deleted, oldest first."""
        ...

    async def bank_accounts_of(
        self, contract: ContractId, debtor: DebtorId
    ) -> Sequence[SealedBankAccount]:
        """Return a debtor's bank accounts that are not deleted, oldest first."""
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
        """Hide a bank account from now on, and free its IBAN; its id stays taken."""
        ...
