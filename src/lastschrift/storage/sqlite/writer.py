"""The one thread that writes: it takes whatever waits, commits it together, then answers all.

No timer: while a batch commits, the next one gathers. No answer leaves before its COMMIT, an error
included: in a batch one request may see another's uncommitted row, and "already exists" must not
become a lie by a crash.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import apsw

from lastschrift.domain.errors import DomainError, QueueFull, ShuttingDown, StoreFailed
from lastschrift.operations.ports import Transaction
from lastschrift.storage.sqlite.connection import SqliteEngine
from lastschrift.storage.sqlite.drive import drive
from lastschrift.storage.transaction import SqlTransaction

Operation = Callable[[Transaction], Coroutine[Any, Any, Any]]
BatchOperation = Callable[[Transaction, Sequence[Any]], Coroutine[Any, Any, Sequence[Any]]]
Observer = Callable[[int, float], None]
"""Told, after each commit, how many jobs it held and how many seconds it took."""

_JOBS_MAX = 256
"""Jobs of one commit: at some 20 us a row they take about 5 ms."""

_STOP = None
_ALONE = object()


@dataclass(slots=True)
class Job:
    """Something to be done in a transaction, and who waits for it.

    With a ``command``, ``operation`` is a batch operation that takes all commands that wait.
    """

    operation: Callable[..., Coroutine[Any, Any, Any]]
    future: asyncio.Future[Any]
    command: object = _ALONE
    result: object = None
    error: BaseException | None = None


@dataclass(slots=True)
class Round:
    """The jobs of one commit, the batched ones gathered by operation."""

    single: list[Job] = field(default_factory=list)
    batched: dict[BatchOperation, list[Job]] = field(default_factory=dict)

    def add(self, job: Job) -> None:
        """Put a job where it belongs."""
        if job.command is _ALONE:
            self.single.append(job)
        else:
            self.batched.setdefault(job.operation, []).append(job)

    @property
    def jobs(self) -> list[Job]:
        """All jobs of the round."""
        return self.single + [job for jobs in self.batched.values() for job in jobs]


class Writer:
    """Group commit over one connection that nobody else uses."""

    def __init__(self, connection: apsw.Connection, *, queue_limit: int, observe: Observer) -> None:
        self._connection = connection
        self._transaction = SqlTransaction(SqliteEngine(connection))
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._queue_limit = queue_limit
        self._observe = observe
        self._is_open = True
        self._is_round_empty = True
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    # --- on the event loop ---

    @property
    def queue_depth(self) -> int:
        """How many jobs wait for the next commit."""
        return self._queue.qsize()

    async def submit(self, operation: Operation) -> Any:
        """Run an operation, and return its result once it is committed."""
        return await self._enqueue(Job(operation, self._loop.create_future()))

    async def submit_batched(self, operation: BatchOperation, command: object) -> Any:
        """Run a batch operation for this command and all others that wait for it."""
        return await self._enqueue(Job(operation, self._loop.create_future(), command))

    def _enqueue(self, job: Job) -> asyncio.Future[Any]:
        if not self._is_open:
            raise ShuttingDown
        if self._queue.qsize() >= self._queue_limit:
            raise QueueFull
        self._queue.put(job)
        return job.future

    async def close(self) -> None:
        """Commit what waits, take no more, and close the connection."""
        self._is_open = False
        self._queue.put(_STOP)
        await self._loop.run_in_executor(None, self._thread.join)
        self._connection.close()

    # --- on the writer's thread ---

    def _run(self) -> None:
        while (first := self._queue.get()) is not _STOP:
            is_last = self._commit(first)
            if is_last:
                return

    def _commit(self, first: Job) -> bool:
        """Commit ``first`` and what else waits; return whether the end was among it."""
        round_, is_last = self._gather(first)
        started = time.perf_counter()
        self._run_round(round_)
        jobs = round_.jobs
        self._observe(len(jobs), time.perf_counter() - started)
        self._loop.call_soon_threadsafe(_settle, jobs)
        return is_last

    def _gather(self, first: Job) -> tuple[Round, bool]:
        round_ = Round()
        round_.add(first)
        for _ in range(_JOBS_MAX - 1):
            try:
                job = self._queue.get_nowait()
            except Empty:
                break
            if job is _STOP:
                return round_, True
            round_.add(job)
        return round_, False

    def _run_round(self, round_: Round) -> None:
        """Run all jobs in one transaction; if it can't be kept, fail every one of them."""
        try:
            self._begin()
            for operation, jobs in round_.batched.items():
                self._run_batch(operation, jobs)
            for job in round_.single:
                self._run_single(job)
            self._connection.execute("COMMIT")
        except apsw.Error as failure:
            self._roll_back()
            for job in round_.jobs:
                job.result, job.error = None, StoreFailed()
                job.error.__cause__ = failure

    def _run_batch(self, operation: BatchOperation, jobs: list[Job]) -> None:
        """Run a batch; if it raises, run each command alone, so that only the culprit fails."""
        commands = [job.command for job in jobs]
        try:
            results = self._run_undoable(operation(self._transaction, commands))
        except Exception as error:
            self._raise_if_unusable(error)
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
        except Exception as error:
            self._raise_if_unusable(error)
            job.error = error

    def _run_undoable(self, operation: Coroutine[Any, Any, Any]) -> Any:
        """Run an operation; if it raises, undo it and nothing else.

        The first one of a round needs no savepoint: what is before it is the transaction's start.
        """
        is_first, self._is_round_empty = self._is_round_empty, False
        if not is_first:
            self._connection.execute("SAVEPOINT operation")
        try:
            result = drive(operation)
        except BaseException:
            self._undo(is_first)
            raise
        if not is_first:
            self._connection.execute("RELEASE operation")
        return result

    def _undo(self, is_first: bool) -> None:
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
        self._is_round_empty = True

    def _raise_if_unusable(self, error: Exception) -> None:
        """A full or broken disk fails the whole round, not only who met it first."""
        if isinstance(error, apsw.Error) and not isinstance(error, apsw.ConstraintError):
            raise error

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _settle(jobs: list[Job]) -> None:
    """Answer, on the event loop, all who still wait."""
    for job in jobs:
        if job.future.done():
            continue
        if job.error is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(job.error)
