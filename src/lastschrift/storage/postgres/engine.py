"""`storage.transaction.Engine` over one of asyncpg's connections."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

import asyncpg

from lastschrift.domain.errors import DomainError, LockedTooLong, SearchTooBroad
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import (
    AuditEntry,
    KeyedBankAccount,
    KeyedDebtor,
    KeyUse,
    NewBankAccount,
    NewDebtor,
)
from lastschrift.storage.chaining import Chain, Written
from lastschrift.storage.codec import Row, Value
from lastschrift.storage.hope import Hope
from lastschrift.storage.postgres import adding, adding_debtors, batch
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


class KeptBefore(Exception):
    """An earlier run, whose COMMIT was not heard of, was committed: what it came to stands."""


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
        self._is_searching = False
        self.audited: AuditKey | None = None

    async def fetch(self, statement: str, *arguments: Value) -> Sequence[Row]:
        """Run a statement of `storage.statements`.

        Raises: SearchTooBroad, beside a search: its limit stays on until the transaction ends.
        """
        try:
            rows: Sequence[Row] = await self._connection.fetch(statement, *arguments)
        except asyncpg.QueryCanceledError:
            if self._is_searching:
                raise SearchTooBroad from None
            raise
        return rows

    async def change_each(self, statement: str, rows: Sequence[Sequence[Value]]) -> None:
        """Run a statement of `storage.statements` for each row of arguments, all sent at once."""
        await self._connection.executemany(statement, rows)

    async def search(self, statement: Statement) -> Sequence[Row]:
        """Run a statement of `storage.selecting` within a transaction that only reads.

        It is planned for its very arguments: how much of an index they leave is known only then.
        """
        await self._connection.execute(_SEARCHING)
        self._is_searching = True
        try:
            rows: Sequence[Row] = await self._connection.fetch(statement.text, *statement.arguments)
        except asyncpg.QueryCanceledError:
            raise SearchTooBroad from None
        return rows

    async def add_bank_accounts(self, accounts: Sequence[NewBankAccount]) -> Sequence[int]:
        """Insert what can be, with its audit entries; the places of the rest."""
        if not accounts:
            return ()
        audits = [new.audit for new in accounts]
        if await self._are_all_inserted(
            audits, partial(adding.add_all, accounts, ()), in_hope=True
        ):
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
        return await self._are_all_inserted(
            [new.audit for new in accounts],
            partial(adding.add_all, accounts, uses),
            in_hope=in_hope,
        )

    async def add_debtors(self, debtors: Sequence[NewDebtor]) -> None:
        """Insert debtors with their audit entries, unless an earlier run did."""
        if debtors:
            await self._write_down(
                [new.audit for new in debtors],
                adding_debtors.ADD_DEBTORS,
                *adding_debtors.debtor_values(debtors),
            )

    async def add_all_keyed_debtors(self, keyed: Sequence[KeyedDebtor], *, in_hope: bool) -> bool:
        """Insert all, as `add_all_keyed` inserts accounts.

        Raises: LockedTooLong, after `BATCH_WAIT_MS`.
        """
        return await self._are_all_inserted(
            [each.new.audit for each in keyed],
            partial(adding_debtors.add_all_keyed, keyed),
            in_hope=in_hope,
        )

    async def _are_all_inserted(
        self, entries: Sequence[AuditEntry], make: "_Make", *, in_hope: bool
    ) -> bool:
        """Insert all, or none; return which. None, if there is no hope, and it was not asked.

        What an earlier run may have kept is not tried. Only what is the first can be undone in the
        chain, too.
        """
        lent, hope = self._lent_chain(), self._hope
        if hope is None or self._has_written or lent.is_rerun or len(entries) > adding.ROWS_MAX:
            return False
        if in_hope and not hope.is_there():
            return False
        is_inserted = await self._are_inserted(lent.chain, entries, make)
        if in_hope:
            _take_note(hope, is_fulfilled=is_inserted)
        return is_inserted

    async def _are_inserted(
        self, chain: Chain, entries: Sequence[AuditEntry], make: "_Make"
    ) -> bool:
        block = chain.draft(entries)
        links = chain.close(block)
        try:
            await self._connection.execute(*make(block.entries, links, chain.writer))
            self._has_written = True
        except _NOT_ALL:
            return False
        except asyncpg.LockNotAvailableError as error:
            raise LockedTooLong from error
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
        """Insert audit entries, unless an earlier run did.

        Raises: KeptBefore, within a transaction.
        """
        if entries:
            await self._write_down(entries, batch.ADD_AUDIT_ENTRIES)

    async def _write_down(
        self, entries: Sequence[AuditEntry], statement: str, *further: Value
    ) -> None:
        """Run a statement that inserts audit entries, and maybe more, unless an earlier run did.

        Raises: KeptBefore, within a transaction, which may have done what the earlier run did not.
        """
        self._has_written = True
        chain = self._lent_chain().chain
        block = chain.draft(entries)
        links = chain.close(block)
        done = await self._connection.execute(
            statement,
            *batch.audit_values(entries, block.entries, links),
            chain.writer,
            *further,
        )
        _, _, first, *_ = block.entries[0]
        self.audited = entries[0].contract_id, chain.writer, first
        if done == f"INSERT 0 {len(entries)}":
            return
        if self._hope is None:
            raise KeptBefore
        if done == _NONE_INSERTED:  # What follows can't rest on what an earlier run wrote.
            chain.begin_anew()
            await self._connection.execute(batch.WAIT_FOR_STANDBY)

    async def is_kept(self, audited: AuditKey | None) -> bool:
        """Whether the first audit entry of another run was committed; not if it wrote none."""
        arguments = audited or (None, None, None)
        return bool(await self._connection.fetchval(batch.AUDIT_ENTRY_KEPT, *arguments))

    def _lent_chain(self) -> LentChain:
        if self._lent is None:
            raise RuntimeError("this connection is for reading")
        return self._lent


_Make = Callable[[Sequence[Written], list[bytes | None], UUID], Sequence[Value]]
"""Makes a statement that adds all or nothing, and its arguments, of entries, links and writer."""


def _take_note(hope: Hope, *, is_fulfilled: bool) -> None:
    if is_fulfilled:
        hope.fulfil()
    else:
        hope.disappoint()
