"""Group commit: what waits is run in one transaction, committed together, then answered.

A round that only adds is kept in one step, on a thread (`lastschrift.storage.sqlite.one_step`). Of
any other the statements run on the event loop, and the COMMIT, which waits for the disk, on the
thread. So a batch changes threads twice, and not at each step of each statement
(docs/decisions/group-commit.md has why, and what was measured). No timer: while one round commits,
the next one gathers, and what it needs beside statements is made. No answer leaves before its
COMMIT, an error included: in a round one request may see another's uncommitted row, and "already
exists" must not become a lie by a crash.
"""

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from queue import SimpleQueue
from typing import Any

import apsw

from lastschrift.domain.errors import QueueFull, ShuttingDown, StoreFailed
from lastschrift.storage.chaining import Heads
from lastschrift.storage.jobs import BatchOperation, Job, Observer, Operation, Round, make_commands
from lastschrift.storage.outage import Outage
from lastschrift.storage.sqlite.auditing import RoundsTrail
from lastschrift.storage.sqlite.connection import SqliteEngine
from lastschrift.storage.sqlite.failures import end_if_not_kept
from lastschrift.storage.sqlite.in_steps import InSteps
from lastschrift.storage.sqlite.one_step import NotAllAdded, OneStep

_JOBS_MAX = 256
"""Jobs of one round: at some 10 to 20 us a row they hold up the event loop for 5 ms at most."""

_JOBS_MIN = 16
"""So few are not worth dividing: a COMMIT takes about as long for one as for these."""

_BUSY_TIMEOUT_MS = 100
"""How long the event loop or the thread waits for a lock; only a program not ours can hold one."""

_NO_MORE = None

Commit = Callable[[], None]
"""Keeps a round, on the thread."""


class Writer:
    """The one connection that writes, and all who wait for it."""

    def __init__(self, connection: apsw.Connection, *, queue_limit: int, observe: Observer) -> None:
        self._connection = connection
        self._connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
        engine = SqliteEngine(connection)
        self._trail = RoundsTrail(connection)
        self._in_steps = InSteps(connection, self._trail, engine)
        self._one_step = OneStep(connection, self._trail, engine.runs)
        self._queue_limit = queue_limit
        self._observe = observe
        self._outage = Outage()
        self._waiting: deque[Job] = deque()
        self._is_open = True
        self._is_preparing = False
        self._size = 0
        self._loop = asyncio.get_running_loop()
        self._idle = asyncio.Event()
        self._idle.set()
        self._to_commit: SimpleQueue[tuple[Round, float, Commit] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._commit_all, name="commit", daemon=True)
        self._thread.start()

    @property
    def queue_depth(self) -> int:
        """How many jobs wait for the next round."""
        return len(self._waiting)

    @property
    def audit_heads(self) -> Heads:
        """How far the chains of the audit trail have come."""
        return self._trail.heads

    def submit(self, operation: Operation) -> asyncio.Future[Any]:
        """Run an operation; its result is there once it is committed.

        Raises: ShuttingDown, QueueFull.
        """
        return self._enqueue(Job(operation, self._loop.create_future()))

    def submit_batched(
        self, operation: BatchOperation, make_command: Callable[[], object]
    ) -> asyncio.Future[Any]:
        """Run a batch operation for this command and all others that wait for it.

        Raises: ShuttingDown, QueueFull.
        """
        return self._enqueue(Job(operation, self._loop.create_future(), make_command))

    def _enqueue(self, job: Job) -> asyncio.Future[Any]:
        if not self._is_open:
            raise ShuttingDown
        if len(self._waiting) >= self._queue_limit:
            raise QueueFull
        self._waiting.append(job)
        if self._idle.is_set():
            self._idle.clear()
            self._loop.call_soon(self._next_round)
        elif not self._is_preparing:
            self._is_preparing = True
            self._loop.call_soon(self._prepare)
        return job.future

    def _prepare(self) -> None:
        """Make what the next round needs and no store, while the round before it is committed."""
        self._is_preparing = False
        make_commands(islice(self._waiting, _JOBS_MAX))

    async def close(self) -> None:
        """Commit what waits, take no more, and close the connection."""
        self._is_open = False
        await self._idle.wait()
        self._to_commit.put(_NO_MORE)
        self._thread.join()
        self._connection.close()

    # --- a round: made on the event loop, committed on the thread, answered on the event loop ---

    def _next_round(self) -> None:
        if not self._waiting:
            self._size = 0
            self._idle.set()
            return
        started = time.perf_counter()
        jobs = Round(self._waiting.popleft() for _ in range(self._next_size()))
        if self._one_step.prepare(jobs):
            self._hand_over(jobs, started, self._one_step.keep)
        else:
            self._run_in_steps(jobs, started)

    def _run_in_steps(self, jobs: Round, started: float) -> None:
        """Run a round, and have it committed if there is something to commit."""
        try:
            self._in_steps.run(jobs)
        except Exception as failure:  # noqa: BLE001  # or all of the round would wait for ever
            self._give_up(jobs, failure)
            self._answer(jobs, started)
        else:
            self._hand_over(jobs, started, self._in_steps.commit)

    def _run_again(self, jobs: Round, started: float) -> None:
        """Run a round of which nothing could be kept in one step."""
        self._trail.undo()
        self._run_in_steps(jobs, started)

    def _hand_over(self, jobs: Round, started: float, commit: Commit) -> None:
        self._to_commit.put((jobs, started, commit))
        os.sched_yield()  # so that the thread begins at once, also on the same processor

    def _next_size(self) -> int:
        """Take half of the jobs that are about: those that wait, and those just answered.

        So clients who ask again at once fall into two halves: while one is committed, the other is
        worked on. With all in one round the event loop and the disk would wait for each other.
        """
        waiting = len(self._waiting)
        about = waiting + self._size
        self._size = min(waiting, _JOBS_MAX, max(_JOBS_MIN, (about + 1) // 2))
        return self._size

    def _commit_all(self) -> None:
        """Commit round after round, on the thread."""
        while (item := self._to_commit.get()) is not _NO_MORE:
            jobs, started, commit = item
            then = self._answer
            try:
                commit()
            except NotAllAdded:
                then = self._run_again
            except Exception as failure:  # noqa: BLE001  # or all would wait for this thread
                self._give_up(jobs, failure)
            else:
                self._trail.kept()
                self._outage.end()
            self._loop.call_soon_threadsafe(then, jobs, started)

    def _answer(self, jobs: Round, started: float) -> None:
        jobs.answer()
        # After those who were answered, so that what they do next is in the next round already.
        self._loop.call_soon(self._next_round)
        self._observe(len(jobs.jobs), time.perf_counter() - started)

    def _give_up(self, jobs: Round, failure: Exception) -> None:
        """Keep nothing of a round: a full or broken disk fails all of it, not who met it first."""
        end_if_not_kept(failure)
        self._outage.begin(failure)
        self._trail.lost()
        jobs.fail(StoreFailed, failure)
        if self._connection.in_transaction:
            with suppress(apsw.Error):  # the next BEGIN meets it again
                self._connection.execute("ROLLBACK")
