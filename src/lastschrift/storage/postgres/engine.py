"""`storage.transaction.Engine` over one of asyncpg's connections."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from lastschrift.domain.errors import DomainError, SearchTooBroad
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import AuditEntry, NewBankAccount
from lastschrift.storage.codec import Row, Value
from lastschrift.storage.postgres import batch
from lastschrift.storage.postgres.codec import POSTGRES_CODEC
from lastschrift.storage.postgres.connecting import Connection
from lastschrift.storage.rows import Rows
from lastschrift.storage.selecting import SEARCH_S_MAX, Statement

_SEARCHING = f"""
SET LOCAL statement_timeout = {int(SEARCH_S_MAX * 1000)};
SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL enable_bitmapscan = off
"""
"""All are gone when the transaction ends. A bitmap forgets the order of the index that was chosen,
and without statistics the key's own index looks as good for one."""


class AuditNumbers:
    """Numbers for audit entries, under a name that belongs to one process."""

    def __init__(self, writer: UUID) -> None:
        self.writer = writer
        self._next = 0

    def take(self, count: int) -> int:
        """Return the first of ``count`` numbers that nobody else gets."""
        first, self._next = self._next, self._next + count
        return first


class NumbersKept:
    """The numbers that one operation took: the same ones, in the same order, if it runs again."""

    def __init__(self, numbers: AuditNumbers) -> None:
        self._numbers = numbers
        self._taken: list[int] = []
        self._reused = 0

    @property
    def writer(self) -> UUID:
        """Whose numbers these are."""
        return self._numbers.writer

    def take(self, count: int) -> int:
        """Return the first of ``count`` numbers."""
        if self._reused == len(self._taken):
            self._taken.append(self._numbers.take(count))
        self._reused += 1
        return self._taken[self._reused - 1]

    def again(self) -> "NumbersKept":
        """Begin anew with the first number."""
        self._reused = 0
        return self


AuditKey = tuple[ContractId, int]
"""Whose an audit entry is, and its number among its writer's."""


class PostgresEngine:
    """Runs statements on one connection; ``numbers`` are for what is written.

    ``audited`` is the first audit entry that was written here.
    """

    codec = POSTGRES_CODEC

    def __init__(self, connection: Connection, numbers: AuditNumbers | NumbersKept) -> None:
        self._connection = connection
        self._numbers = numbers
        self.audited: AuditKey | None = None

    async def fetch(self, statement: str, *arguments: Value) -> Sequence[Row]:
        """Run a statement of `storage.statements`."""
        rows: Sequence[Row] = await self._connection.fetch(statement, *arguments)
        return rows

    async def search(self, statement: Statement) -> Sequence[Row]:
        """Run a statement of `storage.selecting` within a transaction that only reads.

        It is planned for its very arguments: how much of an index they leave is known only then.
        """
        await self._connection.execute(_SEARCHING)
        try:
            rows: Sequence[Row] = await self._connection.fetch(statement.text, *statement.arguments)
        except asyncpg.QueryCanceledError:
            raise SearchTooBroad from None
        return rows

    async def add_bank_accounts(self, accounts: Sequence[NewBankAccount]) -> Sequence[int]:
        """Insert what can be, with its audit entries; the places of the rest."""
        if not accounts:
            return ()
        first = self._numbers.take(len(accounts)) - 1
        missing = await self._connection.fetch(
            batch.ADD_ACCOUNTS, *batch.account_values(accounts), self._numbers.writer, first
        )
        if not missing:
            return ()
        places = [place for (place,) in missing]
        kept = await self._connection.fetch(
            batch.KEPT_BEFORE, *batch.kept_before_values(accounts, places)
        )
        return sorted(set(places).difference(place for (place,) in kept))

    async def why_left_out(
        self, accounts: Sequence[NewBankAccount]
    ) -> Sequence[DomainError | None]:
        """Tell duplicate, taken id and missing debtor apart."""
        rows = await self._connection.fetch(
            batch.WHY_LEFT_OUT, *batch.why_left_out_values(accounts)
        )
        return Rows(self.codec).reasons(accounts, rows)

    async def add_audit_entries(self, entries: Sequence[AuditEntry]) -> None:
        """Insert audit entries."""
        first = self._numbers.take(len(entries)) - 1
        await self._connection.execute(
            batch.ADD_AUDIT_ENTRIES, *batch.audit_values(entries), self._numbers.writer, first
        )
        self.audited = entries[0].contract_id, first + 1

    async def is_kept(self, audited: AuditKey | None) -> bool:
        """Whether the first audit entry of another run was committed; not if it wrote none."""
        contract, sequence = audited or (None, None)
        arguments = contract, self._numbers.writer, sequence
        return bool(await self._connection.fetchval(batch.AUDIT_ENTRY_KEPT, *arguments))
