"""`storage.transaction.Engine` over one of asyncpg's connections."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from lastschrift.domain.errors import DomainError, LockedTooLong, SearchTooBroad
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import AuditEntry, KeyedBankAccount, KeyUse, NewBankAccount
from lastschrift.storage.codec import Row, Value
from lastschrift.storage.hope import Hope
from lastschrift.storage.postgres import adding, batch
from lastschrift.storage.postgres.auditing import LentChain
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


_NONE_INSERTED = "INSERT 0 0"

_NOT_ALL = (asyncpg.UniqueViolationError, asyncpg.InvalidTextRepresentationError)
"""What `adding.add_all_sql` fails with where a key or an account is there, or a debtor is not."""

AuditKey = tuple[ContractId, UUID, int]
"""Whose an audit entry is, who wrote it, and its number among that one's."""


class PostgresEngine:
    """Runs statements on one connection; ``lent`` is for what is written down, None: nothing is.

    ``audited`` is the first audit entry that was written here. With ``hope`` each statement is a
    transaction of its own, and the first accounts may be tried to be added all at once.
    """

    codec = POSTGRES_CODEC

    def __init__(
        self, connection: Connection, lent: LentChain | None = None, hope: Hope | None = None
    ) -> None:
        self._connection = connection
        self._lent = lent
        self._hope = hope
        self._has_written = False  # what is committed here must not be undone in the chain
        self.audited: AuditKey | None = None

    async def fetch(self, statement: str, *arguments: Value) -> Sequence[Row]:
        """Run a statement of `storage.statements`."""
        rows: Sequence[Row] = await self._connection.fetch(statement, *arguments)
        return rows

    async def change_each(self, statement: str, rows: Sequence[Sequence[Value]]) -> None:
        """Run a statement of `storage.statements` for each row of arguments, all sent at once."""
        await self._connection.executemany(statement, rows)

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
        if not accounts or await self._are_all_added(accounts):
            return ()
        places = await self._left_out(accounts)
        if not places:
            return ()
        kept = await self._connection.fetch(
            batch.KEPT_BEFORE, *batch.kept_before_values(accounts, places)
        )
        return sorted(set(places).difference(place for (place,) in kept))

    async def add_all_keyed(self, keyed: Sequence[KeyedBankAccount], *, in_hope: bool) -> bool:
        """Insert all, if there is hope, or it was asked; not what an earlier run may have kept.

        Raises: LockedTooLong, after `BATCH_WAIT_MS`.
        """
        accounts, uses = [each.new for each in keyed], [each.use for each in keyed]
        hope = self._hope_for(accounts)
        if hope is None or (in_hope and not hope.is_there()):
            return False
        try:
            is_added = await self._are_inserted(accounts, uses)
        except asyncpg.LockNotAvailableError as error:
            raise LockedTooLong from error
        if in_hope:
            _take_note(hope, is_fulfilled=is_added)
        return is_added

    async def _are_all_added(self, accounts: Sequence[NewBankAccount]) -> bool:
        """Insert all, if there is hope; where one of them can't be, none is."""
        hope = self._hope_for(accounts)
        if hope is None or not hope.is_there():
            return False
        is_added = await self._are_inserted(accounts)
        _take_note(hope, is_fulfilled=is_added)
        return is_added

    def _hope_for(self, accounts: Sequence[NewBankAccount]) -> Hope | None:
        """Return the hope that all can be added; none for what an earlier run may have kept.

        Only what is the first can be undone in the chain, too.
        """
        if self._has_written or self._lent_chain().is_rerun or len(accounts) > adding.ROWS_MAX:
            return None
        return self._hope

    async def _are_inserted(
        self, accounts: Sequence[NewBankAccount], uses: Sequence[KeyUse] = ()
    ) -> bool:
        """Insert all, or none; return which."""
        chain = self._lent_chain().chain
        block = chain.draft([new.audit for new in accounts])
        _, _, first, *_ = block.entries[0]
        links = chain.close(block)
        try:
            await self._connection.execute(
                adding.add_all_sql(len(accounts), has_keys=bool(uses)),
                *adding.add_all_values(accounts, links, chain.writer, first, uses),
            )
            self._has_written = True
        except _NOT_ALL:
            return False
        finally:
            if not self._has_written:
                chain.undo()
        return True

    async def _left_out(self, accounts: Sequence[NewBankAccount]) -> list[int]:
        """Insert what can be; the places of the rest, those that an earlier run kept among them.

        What that one kept has its entries; those of the others are another writer's.
        """
        lent = self._lent_chain()
        chain = lent.chain
        if lent.is_rerun:
            chain.begin_anew()
        self._has_written = True
        block = chain.draft([new.audit for new in accounts])
        _, _, first, *_ = block.entries[0]
        contracts = list({new.account.contract_id for new in accounts})
        rows = await self._connection.fetch(
            batch.ADD_ACCOUNTS,
            *batch.account_values(accounts, block.digests),
            contracts,
            [chain.link_of(contract.bytes) for contract in contracts],
            chain.writer,
            first - 1,
        )
        missing = {place for (place,) in rows}
        chain.close(block, missing)
        return sorted(missing)

    async def keys_in_use(self, uses: Sequence[KeyUse]) -> Sequence[int]:
        """Tell which keys are in use, or were."""
        rows = await self._connection.fetch(batch.KEYS_IN_USE, *batch.keys_in_use_values(uses))
        return [place for (place,) in rows]

    async def why_left_out(
        self, accounts: Sequence[NewBankAccount]
    ) -> Sequence[DomainError | None]:
        """Tell duplicate, taken id and missing debtor apart."""
        rows = await self._connection.fetch(
            batch.WHY_LEFT_OUT, *batch.why_left_out_values(accounts)
        )
        return Rows(self.codec).reasons(accounts, rows)

    async def add_audit_entries(self, entries: Sequence[AuditEntry]) -> None:
        """Insert audit entries, unless an earlier run did."""
        if not entries:
            return
        self._has_written = True
        chain = self._lent_chain().chain
        block = chain.draft(entries)
        links = chain.close(block)
        done = await self._connection.execute(
            batch.ADD_AUDIT_ENTRIES,
            *batch.audit_values(entries, block.entries, links),
            chain.writer,
        )
        _, _, first, *_ = block.entries[0]
        self.audited = entries[0].contract_id, chain.writer, first
        if done == _NONE_INSERTED:  # What follows can't rest on what an earlier run wrote.
            chain.begin_anew()

    async def is_kept(self, audited: AuditKey | None) -> bool:
        """Whether the first audit entry of another run was committed; not if it wrote none."""
        arguments = audited or (None, None, None)
        return bool(await self._connection.fetchval(batch.AUDIT_ENTRY_KEPT, *arguments))

    def _lent_chain(self) -> LentChain:
        if self._lent is None:
            raise RuntimeError("this connection is for reading")
        return self._lent


def _take_note(hope: Hope, *, is_fulfilled: bool) -> None:
    if is_fulfilled:
        hope.fulfil()
    else:
        hope.disappoint()
