"""The store: reading, transactions, and when what they do is told."""

from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from typing import Any, Protocol, TypeVar

from lastschrift.operations.ports.access import AccessReader, AccessWriter
from lastschrift.operations.ports.auditing import AuditWriter
from lastschrift.operations.ports.bank_accounts import BankAccountReader, BankAccountWriter
from lastschrift.operations.ports.contract_keys import ContractKeyReader, ContractKeyWriter
from lastschrift.operations.ports.debtors import DebtorReader, DebtorWriter
from lastschrift.operations.ports.erasure import ErasureReader, ErasureWriter, PurgeStep
from lastschrift.operations.ports.idempotency import KeyWriter
from lastschrift.operations.ports.identities import IdentityReader, IdentityWriter
from lastschrift.operations.ports.scrolls import ScrollReader, ScrollWriter

T = TypeVar("T")
Command = TypeVar("Command")
Result = TypeVar("Result")


class Reader(
    AccessReader,
    ContractKeyReader,
    DebtorReader,
    BankAccountReader,
    IdentityReader,
    ScrollReader,
    ErasureReader,
    Protocol,
):
    """What can be asked of the store."""


class Transaction(
    Reader,
    AccessWriter,
    ContractKeyWriter,
    DebtorWriter,
    BankAccountWriter,
    IdentityWriter,
    KeyWriter,
    ScrollWriter,
    ErasureWriter,
    AuditWriter,
    Protocol,
):
    """What can be changed in the store: all of a transaction, or nothing of it."""


class Store(Protocol):
    """Where everything is kept. Nothing that it returns or raises is told before its COMMIT."""

    def write(self, operation: Callable[[Transaction], Coroutine[Any, Any, T]]) -> Awaitable[T]:
        """Run an operation in a transaction of its own.

        Raises: what the operation raises; QueueFull, StoreFailed, ShuttingDown.
        """
        ...

    def write_batched(
        self,
        operation: Callable[
            [Transaction, Sequence[Command]], Coroutine[Any, Any, Sequence[Result]]
        ],
        make_command: Callable[[], Command],
    ) -> Awaitable[Result]:
        """Run an operation once for all commands that are waiting for it, and return one's result.

        A command is made, once, when its batch is put together: many in a row take less time than
        each between two requests. Each call of the operation's transaction is all or nothing; all
        of them together need not be.

        Raises: what ``make_command`` raises; QueueFull, StoreFailed, ShuttingDown.
        """
        ...

    async def read(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Ask for a few rows by their key."""
        ...

    async def scan(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Ask for a list; it may take a while, and holds nobody up."""
        ...

    async def recall(
        self,
        what: Hashable,
        query: Callable[[Reader, T | None], Coroutine[Any, Any, T]],
        age_s_max: float,
    ) -> T:
        """Ask as by `scan`, or return what was found not longer than ``age_s_max`` ago.

        ``what`` tells questions apart. Many who ask the same at once are told the same. The query
        is given what was found before, if that is remembered.
        """
        ...

    async def purge(self, step: int) -> PurgeStep:
        """Have the next part of the store's files hold nothing of rows that are gone or changed.

        ``step`` is 0, or where the step before it said that another one follows.

        Raises: QueueFull, StoreFailed, ShuttingDown.
        """
        ...
