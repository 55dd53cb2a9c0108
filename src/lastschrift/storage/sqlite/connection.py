"""Opening SQLite as we want it, and running statements on it to their end."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import apsw

from lastschrift.domain.errors import DomainError, SearchTooBroad
from lastschrift.operations.ports import (
    AuditEntry,
    KeyedBankAccount,
    KeyedDebtor,
    KeyUse,
    NewBankAccount,
    NewDebtor,
)
from lastschrift.storage.codec import Row, Value
from lastschrift.storage.debtor_rows import debtor_row
from lastschrift.storage.rows import Rows
from lastschrift.storage.selecting import SEARCH_S_MAX, Statement
from lastschrift.storage.sqlite import batch
from lastschrift.storage.sqlite.checkpoints import begin_log_anew
from lastschrift.storage.sqlite.codec import SQLITE_CODEC
from lastschrift.storage.sqlite.dialect import TRANSLATED, selected_to_sqlite
from lastschrift.storage.sqlite.runs import Runs
from lastschrift.storage.statements.debtors import ADD_DEBTOR

_WRITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA wal_autocheckpoint = 4000",  # where nobody keeps the log short (`checkpoints`)
    "PRAGMA cache_size = -6000",  # KiB; with 2,000 most of an index's pages are read each time
    "PRAGMA temp_store = MEMORY",  # an undo journal for each statement, else a file each time
)
_BUSY_TIMEOUT_MS = 5_000
_ALONE_TIMEOUT_MS = 1_000
_STATEMENT_CACHE = 256


def open_for_writing(path: Path) -> apsw.Connection:
    """Open the one connection that writes; the file is made if it is not there."""
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = _open(path, flags)
    for pragma in _WRITE_PRAGMAS:
        connection.execute(pragma).fetchall()
    begin_log_anew(connection)
    return connection


def open_alone(path: Path) -> apsw.Connection:
    """Open a connection that writes, and that lets nobody else have the file open.

    Raises: apsw.BusyError: somebody has it open already.
    """
    connection = _open(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
    connection.set_busy_timeout(_ALONE_TIMEOUT_MS)
    # Before anything is read: from then on, and until it is closed, the file is locked.
    for pragma in ("PRAGMA locking_mode = EXCLUSIVE", *_WRITE_PRAGMAS):
        connection.execute(pragma).fetchall()
    connection.execute("BEGIN EXCLUSIVE; COMMIT")
    return connection


def open_for_reading(path: Path) -> apsw.Connection:
    """Open a connection that can't write."""
    return _open(path, apsw.SQLITE_OPEN_READONLY)


def _open(path: Path, flags: int) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags, statementcachesize=_STATEMENT_CACHE)
    connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
    return connection


class SqliteEngine:
    """`storage.transaction.Engine` over one connection. Nothing here ever waits.

    ``audited`` are the entries that are to be written down before what was done is committed.
    """

    codec = SQLITE_CODEC

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.runs = Runs(connection)
        self.audited: list[AuditEntry] = []

    async def fetch(self, statement: str, *arguments: Value) -> Sequence[Row]:
        """Run a statement of `storage.statements`."""
        return self._connection.execute(TRANSLATED[statement], arguments).fetchall()

    async def change_each(self, statement: str, rows: Sequence[Sequence[Value]]) -> None:
        """Run a statement of `storage.statements` for each row of arguments."""
        self._connection.executemany(TRANSLATED[statement], rows).fetchall()

    async def search(self, statement: Statement) -> Sequence[Row]:
        """Run a statement of `storage.selecting`, and end it when its time is over."""
        deadline = time.monotonic() + SEARCH_S_MAX
        self._connection.set_progress_handler(lambda: time.monotonic() > deadline, _LOOK_STEPS)
        try:
            text = selected_to_sqlite(statement.text)
            return self._connection.execute(text, statement.arguments).fetchall()
        except apsw.InterruptError:
            raise SearchTooBroad from None
        finally:
            self._connection.set_progress_handler(None)

    async def add_bank_accounts(self, accounts: Sequence[NewBankAccount]) -> Sequence[int]:
        """Insert what can be, with its audit entries; the places of the rest."""
        left_out: list[int] = []
        run_of = self.runs.for_accounts(len(accounts))
        for piece in batch.pieces(len(accounts), batch.ROWS_MAX):
            some = accounts[piece]
            sql = batch.add_accounts_sql(len(some))
            self._connection.execute(sql, batch.account_values(some, run_of))
            if self._connection.changes() < len(some):
                left_out += [piece.start + place for place in self._left_out(some)]
        self.audited += batch.audits_of_kept(accounts, left_out)
        return left_out

    async def add_all_keyed(self, keyed: Sequence[KeyedBankAccount], *, in_hope: bool) -> bool:
        """Insert all, or undo it; what is undone leaves no entries, either."""
        with self._all_or_nothing() as undo:
            is_kept = self._are_uses_added([each.use for each in keyed])
            is_kept = is_kept and not await self.add_bank_accounts([each.new for each in keyed])
            if not is_kept:
                undo()
        return is_kept

    async def add_debtors(self, debtors: Sequence[NewDebtor]) -> None:
        """Insert debtors, and leave their entries to be written down."""
        rows = [debtor_row(self.codec, new.debtor) for new in debtors]
        await self.change_each(ADD_DEBTOR, rows)
        self.audited += [new.audit for new in debtors]

    async def add_all_keyed_debtors(self, keyed: Sequence[KeyedDebtor], *, in_hope: bool) -> bool:
        """Insert all, or undo it."""
        with self._all_or_nothing() as undo:
            is_kept = self._are_uses_added([each.use for each in keyed])
            if is_kept:
                await self.add_debtors([each.new for each in keyed])
            else:
                undo()
        return is_kept

    @contextmanager
    def _all_or_nothing(self) -> Iterator[Callable[[], None]]:
        """Give what undoes all of the block; what is undone leaves no entries, either."""
        audited = len(self.audited)

        def undo() -> None:
            self._connection.execute("ROLLBACK TO keyed")
            del self.audited[audited:]

        self._connection.execute("SAVEPOINT keyed")
        yield undo
        self._connection.execute("RELEASE keyed")

    def _are_uses_added(self, uses: Sequence[KeyUse]) -> bool:
        """Insert uses of keys; return whether none was left out."""
        for piece in batch.pieces(len(uses), batch.ROWS_MAX):
            some = uses[piece]
            sql = batch.add_key_uses_sql(len(some))
            self._connection.execute(sql, batch.key_use_values(some))
            if self._connection.changes() < len(some):
                return False
        return True

    async def keys_in_use(self, uses: Sequence[KeyUse]) -> Sequence[int]:
        """Tell which keys are in use, or were."""
        found: list[int] = []
        for piece in batch.pieces(len(uses), batch.ROWS_MAX):
            some = uses[piece]
            sql = batch.keys_in_use_sql(len(some))
            rows = self._connection.execute(sql, batch.keys_in_use_values(some)).fetchall()
            found += [piece.start + place for (place,) in rows]
        return found

    def _left_out(self, accounts: Sequence[NewBankAccount]) -> list[int]:
        sql = batch.left_out_sql(len(accounts))
        rows: Sequence[Row] = self._connection.execute(
            sql, batch.left_out_values(accounts)
        ).fetchall()
        return sorted(place for (place,) in rows)

    async def why_left_out(
        self, accounts: Sequence[NewBankAccount]
    ) -> Sequence[DomainError | None]:
        """Tell duplicate, taken id and missing debtor apart."""
        found: list[DomainError | None] = []
        for piece in batch.pieces(len(accounts), batch.ROWS_MAX):
            some = accounts[piece]
            sql = batch.why_left_out_sql(len(some))
            rows = self._connection.execute(sql, batch.why_left_out_values(some)).fetchall()
            found += Rows(self.codec).reasons(some, rows)
        return found

    async def add_audit_entries(self, entries: Sequence[AuditEntry]) -> None:
        """Leave entries to be written down."""
        self.audited += entries


_LOOK_STEPS = 200_000
"""After how many steps of SQLite's machine it is looked at the clock: some milliseconds."""
