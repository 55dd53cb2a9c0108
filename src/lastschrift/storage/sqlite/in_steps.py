"""A round in steps: any operations, one after the other in one transaction, then its COMMIT.

What runs is undone alone if it fails: its neighbours stay. Only the disk fails all of a round.
"""

from collections.abc import Coroutine
from typing import Any

import apsw

from lastschrift.storage.jobs import BatchOperation, Job, Round
from lastschrift.storage.sqlite.auditing import RoundsTrail
from lastschrift.storage.sqlite.connection import SqliteEngine
from lastschrift.storage.sqlite.drive import drive
from lastschrift.storage.transaction import SqlTransaction


class InSteps:
    """Rounds of one writing connection, one after the other."""

    def __init__(
        self, connection: apsw.Connection, trail: RoundsTrail, engine: SqliteEngine
    ) -> None:
        self._connection = connection
        self._trail = trail
        self._audited = engine.audited
        self._transaction = SqlTransaction(engine)
        self._is_round_empty = True

    def run(self, jobs: Round) -> None:
        """Run all jobs in one transaction, which is to be committed.

        Raises: whatever fails all of them, of the disk or of ours; the transaction is still open.
        """
        self._begin()
        for operation, batched in jobs.batched.items():
            self._run_batch(operation, batched)
        for job in jobs.single:
            self._run_single(job)
        self._trail.write(self._audited)

    def commit(self) -> None:
        """Commit what was run.

        Raises: apsw.Error: the disk.
        """
        self._connection.execute("COMMIT")

    def _run_batch(self, operation: BatchOperation, jobs: list[Job]) -> None:
        """Run a batch; if it raises, run each command alone, so that only the culprit fails."""
        commands = [job.command for job in jobs]
        try:
            results = self._run_undoable(operation(self._transaction, commands))
        except Exception as error:  # noqa: BLE001  # whatever it is, who asked for it is told
            _raise_if_unusable(error)
            if len(jobs) == 1:
                jobs[0].error = error
                return
            for job in jobs:
                self._run_batch(operation, [job])
        else:
            for job, result in zip(jobs, results, strict=True):
                job.result = result

    def _run_single(self, job: Job) -> None:
        try:
            job.result = self._run_undoable(job.operation(self._transaction))
        except Exception as error:  # noqa: BLE001  # whatever it is, who asked for it is told
            _raise_if_unusable(error)
            job.error = error

    def _run_undoable(self, operation: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401  # its own
        """Run an operation; if it raises, undo it and nothing else.

        The first one of a round needs no savepoint: what is before it is the transaction's start.
        """
        is_first, self._is_round_empty = self._is_round_empty, False
        if not is_first:
            self._connection.execute("SAVEPOINT operation")
        audited = len(self._audited)
        try:
            result = drive(operation)
        except BaseException:
            del self._audited[audited:]
            self._undo(is_first=is_first)
            raise
        if not is_first:
            self._connection.execute("RELEASE operation")
        return result

    def _undo(self, *, is_first: bool) -> None:
        if not self._connection.in_transaction:
            return
        if is_first:
            self._connection.execute("ROLLBACK")
            self._begin()
        else:
            self._connection.execute("ROLLBACK TO operation")
            self._connection.execute("RELEASE operation")

    def _begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._audited.clear()
        self._is_round_empty = True


def _raise_if_unusable(error: Exception) -> None:
    """Let go on what the disk says; a broken constraint is the operation's own fault."""
    if isinstance(error, apsw.Error) and not isinstance(error, apsw.ConstraintError):
        raise error
