"""Erasing payers and accounts for good: what the store does of it, and the log outside of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.debtor import DebtorKind
from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.ports.auditing import AuditEntry
from lastschrift.operations.ports.bank_accounts import SealedBankAccount

# --- what is held ---------------------------------------------------------------------------------


class HeldDebtor(Struct, frozen=True, kw_only=True):
    """A debtor of any kind, hidden or not."""

    id: DebtorId
    kind: DebtorKind
    contact: Party
    created: datetime
    updated: datetime | None
    deleted: datetime | None
    erased: datetime | None


class HiddenAccount(Struct, frozen=True, kw_only=True):
    """A bank account that no wire shows any more, or only by its id, and that is not erased yet."""

    sealed: SealedBankAccount
    deleted: datetime
    restricted_until: datetime | None


class AuditPlace(Struct, frozen=True):
    """Where an entry of the audit trail stands: its writer, and its number among that one's."""

    writer: UUID
    sequence: int


class ErasureMarks(Struct, frozen=True):
    """How many erasures there were, and how many of them are gone from the store's files, too."""

    erasures: int
    purged: int


class ErasureReader(Protocol):
    """What can be asked about what is held, and about what has to be erased."""

    async def held_debtor(self, contract: ContractId, debtor: DebtorId) -> HeldDebtor | None:
        """Return a debtor of any kind, whatever became of it."""
        ...

    async def serves_client(self, contract: ContractId, debtor: DebtorId) -> bool:
        """Whether a client that is not revoked acts for a debtor by its own tokens."""
        ...

    async def hidden_accounts_of(
        self, contract: ContractId, debtor: DebtorId
    ) -> Sequence[HiddenAccount]:
        """Return a debtor's bank accounts that are hidden and not erased, oldest first."""
        ...

    async def users_of(self, contract: ContractId, debtor: DebtorId) -> Sequence[OutsideUser]:
        """Return the users that are linked to a debtor."""
        ...

    async def audit_entries_after(
        self, contract: ContractId, place: AuditPlace, count: int
    ) -> Sequence[tuple[AuditPlace, AuditEntry]]:
        """Return the ``count`` entries of the audit trail that come next, each with its place."""
        ...

    async def is_account_erased(self, contract: ContractId, account: AccountId) -> bool | None:
        """Return whether an account is erased; None if there is no such account."""
        ...

    async def debtors_hidden_before(
        self, contract: ContractId, before: datetime, rows_max: int
    ) -> Sequence[DebtorId]:
        """Return some debtors that were hidden before an instant and are not erased."""
        ...

    async def accounts_hidden_before(
        self, contract: ContractId, before: datetime, rows_max: int
    ) -> Sequence[AccountId]:
        """Return the same of bank accounts; archived and restricted ones are none of them."""
        ...

    async def accounts_restricted_until(
        self, contract: ContractId, until: datetime, rows_max: int
    ) -> Sequence[AccountId]:
        """Return some restricted bank accounts whose period ends by then."""
        ...

    async def erasure_marks(self) -> ErasureMarks:
        """Return how far erasing has come."""
        ...


# --- what is changed ------------------------------------------------------------------------------


class ErasureWriter(Protocol):
    """What of debtors and bank accounts can be taken away for good."""

    async def lock_held_debtor(self, contract: ContractId, debtor: DebtorId) -> bool:
        """Keep any debtor, and what is registered for it, as it is until the COMMIT."""
        ...

    async def blank_debtor(self, contract: ContractId, debtor: DebtorId, now: datetime) -> None:
        """Take a debtor's contact data away, and hide it, if it is not hidden."""
        ...

    async def restrict_hidden_accounts_of(
        self, contract: ContractId, debtor: DebtorId, until: datetime
    ) -> int:
        """Keep a debtor's hidden accounts until then, archived ones too; return how many."""
        ...

    async def erase_hidden_accounts_of(
        self, contract: ContractId, debtor: DebtorId, now: datetime, rows_max: int
    ) -> Sequence[AccountId]:
        """Erase some of a debtor's hidden accounts that are not restricted; return which."""
        ...

    async def erase_account(self, contract: ContractId, account: AccountId, now: datetime) -> bool:
        """Erase a bank account; return False if it was erased, or there is none."""
        ...

    async def finish_erasure(self, contract: ContractId, debtor: DebtorId, now: datetime) -> bool:
        """Mark a debtor as erased; return False if it was."""
        ...

    async def drop_result(self, contract: ContractId, operation: str, key_hash: bytes) -> None:
        """Forget what an idempotency key was used for."""
        ...

    async def drop_searches(self, contract: ContractId) -> None:
        """Forget the lists that are read batch by batch and search for something."""
        ...

    async def count_erasure(self) -> None:
        """Count an erasure, so that it is known that the files have to be purged."""
        ...

    async def mark_purged(self, erasures: int) -> None:
        """Write down that so many erasures are gone from the files."""
        ...

    async def touch(self) -> None:
        """Change something that nobody looks at, so that there is something to commit."""
        ...


class PurgeStep(Struct, frozen=True, kw_only=True):
    """How far a store's files are purged; ``following`` is None at their end.

    ``is_blocked``: nothing was done, as somebody reads for long; to be tried again.
    """

    following: int | None
    done: int
    total: int
    is_blocked: bool = False


# --- the log --------------------------------------------------------------------------------------


class Erased(Enum):
    """What an erasure is of."""

    DEBTOR = "debtor"
    ACCOUNT = "account"


class Erasure(Struct, frozen=True, kw_only=True):
    """A line of the erasure log: ids and instants only.

    ``restricted_until``: the debtor's accounts are kept until then, hidden from everybody.
    """

    at: datetime
    of: Erased
    contract_id: ContractId
    id: UUID
    restricted_until: datetime | None = None


class ErasureLog(Protocol):
    """What was erased, written down outside of the store, where no older copy of that undoes it."""

    async def write(self, erasures: Sequence[Erasure]) -> None:
        """Write erasures down; when it returns, they are on disk.

        Raises: ErasureLogFailed.
        """
        ...

    async def read(self) -> Sequence[Erasure]:
        """Return all erasures that were written down, oldest first.

        Raises: ErasureLogFailed.
        """
        ...


class NoErasureLog:
    """What stands there where no log is set: nothing was erased, and nothing may be."""

    async def write(self, erasures: Sequence[Erasure]) -> None:
        """Refuse.

        Raises: RuntimeError.
        """
        raise RuntimeError("nothing may be erased without a log of it")

    async def read(self) -> Sequence[Erasure]:
        """Return nothing."""
        return ()
