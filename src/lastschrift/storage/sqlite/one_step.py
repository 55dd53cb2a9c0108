"""A round in one step: what only adds is put into the database and committed by one statement.

Each step of a statement lets go of the interpreter's lock, and whoever runs it on a thread waits
for the lock while the event loop is busy. So statements run on the event loop
(`lastschrift.storage.sqlite.in_steps`); but most rounds of a busy server do nothing except register
accounts, and those need not. All their rows go into one statement, whose trigger adds each to its
tables, and which is a transaction of its own. It is run on the thread, where all of it (the rows,
the log, the disk) is one step beside the event loop.

That is done in hope (`lastschrift.storage.hope`): nothing can be asked before, nor a part be kept.
Where a row can't be added (the account is there already, its debtor is not) nothing is, and the
round is run in steps.
"""

from collections.abc import Sequence
from typing import NoReturn

import apsw

from lastschrift.operations.ports import (
    AuditEntry,
    KeyedBankAccount,
    KeyedDebtor,
    KeyUse,
    NewBankAccount,
    NewDebtor,
)
from lastschrift.storage.codec import Value
from lastschrift.storage.hope import Hope
from lastschrift.storage.jobs import Round
from lastschrift.storage.selecting import Statement
from lastschrift.storage.sqlite import adding
from lastschrift.storage.sqlite.auditing import RoundsTrail
from lastschrift.storage.sqlite.codec import SQLITE_CODEC
from lastschrift.storage.sqlite.drive import drive
from lastschrift.storage.sqlite.runs import Runs
from lastschrift.storage.transaction import SqlTransaction


class NotAllAdded(Exception):
    """A round could not be kept in one step, and nothing of it was."""


class NotOnlyAdding(Exception):
    """An operation asks the database for something: its round takes more than one step."""


class AddingEngine:
    """`lastschrift.storage.transaction.Engine` that takes what is added, and refuses all else."""

    codec = SQLITE_CODEC

    def __init__(self) -> None:
        self.added: list[adding.Added] = []
        self.has_keys = False

    async def add_bank_accounts(self, accounts: Sequence[NewBankAccount]) -> Sequence[int]:
        """Take accounts with their audit entries, in the hope that none is left out."""
        self.added += [adding.Added(new.audit, new) for new in accounts]
        return ()

    async def add_all_keyed(self, keyed: Sequence[KeyedBankAccount], *, in_hope: bool) -> bool:
        """Take accounts with their audit entries and the uses of their keys, in hope, too."""
        self.has_keys = True
        self.added += [adding.Added(each.new.audit, each.new, each.use) for each in keyed]
        return True

    async def add_debtors(self, _debtors: Sequence[NewDebtor]) -> NoReturn:
        """Refuse.

        Raises: NotOnlyAdding.
        """
        raise NotOnlyAdding

    async def add_all_keyed_debtors(
        self, _keyed: Sequence[KeyedDebtor], *, in_hope: bool
    ) -> NoReturn:
        """Refuse.

        Raises: NotOnlyAdding.
        """
        raise NotOnlyAdding

    async def add_audit_entries(self, entries: Sequence[AuditEntry]) -> None:
        """Take audit entries."""
        self.added += [adding.Added(entry) for entry in entries]

    async def fetch(self, _statement: str, *_arguments: Value) -> NoReturn:
        """Refuse.

        Raises: NotOnlyAdding.
        """
        raise NotOnlyAdding

    async def change_each(self, _statement: str, _rows: Sequence[Sequence[Value]]) -> NoReturn:
        """Refuse.

        Raises: NotOnlyAdding.
        """
        raise NotOnlyAdding

    async def search(self, _statement: Statement) -> NoReturn:
        """Refuse.

        Raises: NotOnlyAdding.
        """
        raise NotOnlyAdding

    async def keys_in_use(self, _uses: Sequence[KeyUse]) -> NoReturn:
        """Refuse.

        Raises: NotOnlyAdding.
        """
        raise NotOnlyAdding

    async def why_left_out(self, _accounts: Sequence[NewBankAccount]) -> NoReturn:
        """Refuse.

        Raises: NotOnlyAdding.
        """
        raise NotOnlyAdding


class OneStep:
    """Rounds of one writing connection that are kept in one step, one after the other."""

    def __init__(self, connection: apsw.Connection, trail: RoundsTrail, runs: Runs) -> None:
        for statement in adding.ADDING:
            connection.execute(statement)
        self._connection = connection
        self._trail = trail
        self._runs = runs
        self._statement = ""
        self._values: list[Value] = []
        self._hope = Hope()

    def prepare(self, jobs: Round) -> bool:
        """Prepare what a round adds, on the event loop; return whether it can be kept in one step.

        If not, it is as if nothing had been tried.
        """
        if not self._hope.is_there() or jobs.single or not jobs.batched:
            return False
        try:
            self._prepare(jobs)
        except Exception:  # noqa: BLE001  # it is met again where it can be undone, and told
            self._trail.undo()
            return False
        return True

    def keep(self) -> None:
        """Add and commit what was prepared, on the thread.

        Raises: NotAllAdded; apsw.Error: the disk.
        """
        values, self._values = self._values, []  # so that nobody's data stays longer than it must
        if not values:
            return
        try:
            self._connection.execute(self._statement, values)
        except apsw.ConstraintError:
            self._hope.disappoint()
            raise NotAllAdded from None
        self._hope.fulfil()

    def _prepare(self, jobs: Round) -> None:
        engine = AddingEngine()
        transaction = SqlTransaction(engine)
        for operation, batched in jobs.batched.items():
            results = drive(operation(transaction, [job.command for job in batched]))
            for job, result in zip(batched, results, strict=True):
                job.result = result
        added, has_keys = engine.added, engine.has_keys
        entries, links = self._trail.draft([entry for entry, _, _ in added])
        run_of = self._runs.for_accounts(sum(new is not None for _, new, _ in added))
        self._statement = adding.add_sql(len(added), has_keys=has_keys)
        self._values = adding.add_values(added, run_of, entries, links, has_keys=has_keys)
