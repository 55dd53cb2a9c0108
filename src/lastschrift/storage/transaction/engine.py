"""What an engine brings, and what every part of a transaction has of it."""

from collections.abc import Sequence
from typing import Protocol

from lastschrift.domain.errors import DomainError
from lastschrift.operations.ports import (
    AuditEntry,
    KeyedBankAccount,
    KeyedDebtor,
    KeyUse,
    NewBankAccount,
    NewDebtor,
)
from lastschrift.storage.codec import Codec, Row, Value
from lastschrift.storage.rows import Rows
from lastschrift.storage.selecting import Statement


class Engine(Protocol):
    """One connection of a database, as far as SQL differs between engines."""

    codec: Codec

    async def fetch(self, statement: str, *arguments: Value) -> Sequence[Row]:
        """Run one of `storage.statements`; return all its rows, none left in a cursor."""
        ...

    async def change_each(self, statement: str, rows: Sequence[Sequence[Value]]) -> None:
        """Run one of `storage.statements` for each row of arguments; it returns nothing."""
        ...

    async def search(self, statement: Statement) -> Sequence[Row]:
        """Run a statement of `storage.selecting`, in no more than its time; only to read.

        Raises: SearchTooBroad.
        """
        ...

    async def add_bank_accounts(self, accounts: Sequence[NewBankAccount]) -> Sequence[int]:
        """As `Transaction.add_bank_accounts`: audit entries too, in as few statements as can be."""
        ...

    async def add_debtors(self, debtors: Sequence[NewDebtor]) -> None:
        """As `Transaction.add_debtors`: audit entries too, in as few statements as can be."""
        ...

    async def add_all_keyed(self, keyed: Sequence[KeyedBankAccount], *, in_hope: bool) -> bool:
        """Keep accounts and the uses of their keys, all of them or none; return whether they are.

        ``in_hope``: nobody has asked what is there already, and there may be no hope for it.

        Raises: LockedTooLong, sooner than any other statement: all of them wait for one's key.
        """
        ...

    async def add_all_keyed_debtors(self, keyed: Sequence[KeyedDebtor], *, in_hope: bool) -> bool:
        """Keep debtors and the uses of their keys, as `add_all_keyed` keeps accounts.

        Raises: LockedTooLong.
        """
        ...

    async def keys_in_use(self, uses: Sequence[KeyUse]) -> Sequence[int]:
        """Return the places of keys that are in use, or were; in one statement."""
        ...

    async def why_left_out(
        self, accounts: Sequence[NewBankAccount]
    ) -> Sequence[DomainError | None]:
        """As `Transaction.why_left_out`, in one statement."""
        ...

    async def add_audit_entries(self, entries: Sequence[AuditEntry]) -> None:
        """As `Transaction.add_audit_entries`, in one statement."""
        ...


class SqlPart:
    """What asks an engine for things of one kind."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._codec = engine.codec
        self._rows = Rows(engine.codec)
