"""The lane of what is registered: gathered by arrival, one statement for all that is there.

No timer: while one batch is under way, the next one gathers; and where none is, one begins as soon
as no more arrive with a turn of the event loop. Each statement is a transaction of its own, and no
answer leaves before it is committed.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Any

from lastschrift.domain.errors import LockedTooLong, QueueFull, ShuttingDown, StoreFailed
from lastschrift.storage.hope import Hope
from lastschrift.storage.jobs import BatchOperation, Job, Observer, Round, make_commands
from lastschrift.storage.postgres.auditing import Chains
from lastschrift.storage.postgres.connecting import BATCH_WAIT_MS, REFUSALS, Connection
from lastschrift.storage.postgres.engine import PostgresEngine
from lastschrift.storage.postgres.perseverance import Watch, persevere
from lastschrift.storage.transaction import SqlTransaction

_JOBS_MAX = 256
"""Jobs of one batch: what the database has done within some 5 ms."""

_JOBS_MIN = 4
"""So few are not worth dividing."""

_PARTS = 3
"""While the disk keeps one batch, the database works at the next, and this process at a third."""

_TRACKS = 3
"""Connections for batches; mostly two are in use, see `_SLOW_S`."""

_SLOW_S = 0.002
"""If batches take longer on average, they mostly wait: for a slow disk, a standby, the network.

Then this process has nothing to do meanwhile, and a third batch goes beside two.
"""

_SMOOTHED_OVER = 8
"""So many batches make the average."""

_JOBS_WORTH_A_TRACK = 8
"""Fewer wait for the batch before them: a statement for each costs more than the wait."""

_LATE_S = 0.1
"""A batch that takes longer is not waited for: a lock holds it, or the network."""

_DIVIDED_S = 2.0
"""So long those of a batch that met a lock are tried one by one; the rest are told of the lock."""


class Lane:
    """All who wait for the next batch, and the connections that batches run on."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        chains: Chains,
        watch: Watch,
        *,
        queue_limit: int,
        observe: Observer,
    ) -> None:
        self._chains = chains
        self._watch = watch
        self._hope = Hope()
        self._queue_limit = queue_limit
        self._observe = observe
        self._waiting: deque[Job] = deque()
        self._is_open = True
        self._is_gathering = False
        self._under_way = 0
        self._answered = 0
        self._round_s = 0.0
        self._loop = asyncio.get_running_loop()
        self._tracks = [_Track(connect, watch) for _ in range(_TRACKS)]

    @property
    def queue_depth(self) -> int:
        """How many jobs wait for the next batch."""
        return len(self._waiting)

    def submit(
        self, operation: BatchOperation, make_command: Callable[[], object]
    ) -> asyncio.Future[Any]:
        """Run a batch operation for this command and all others that wait for it.

        Raises: ShuttingDown, QueueFull.
        """
        if not self._is_open:
            raise ShuttingDown
        if len(self._waiting) >= self._queue_limit:
            raise QueueFull
        job = Job(operation, self._loop.create_future(), make_command)
        self._waiting.append(job)
        if not self._is_gathering:
            self._is_gathering = True
            self._loop.call_soon(self._gather, 0)
        return job.future

    def _gather(self, waited_before: int) -> None:
        """Make what waits ready; begin if it is enough, or no more than a turn of the loop before.

        Who asks again at once is there by then, and a batch of one costs as much as one of some.
        """
        make_commands(islice(self._waiting, _JOBS_MAX))
        waiting = len(self._waiting)
        if waited_before < waiting < self._next_size():
            self._loop.call_soon(self._gather, waiting)
            return
        self._is_gathering = False
        self._begin()

    def _begin(self) -> None:
        """Begin a batch if none is under way, and others beside it if that is worth it.

        One that is late does not count; so the last track is free if locks hold the others.
        """
        now = self._loop.time()
        due = len([1 for track in self._tracks if track.work and now - track.began < _LATE_S])
        due_max = _TRACKS if self._round_s > _SLOW_S else _TRACKS - 1
        for track in self._tracks:
            worth = _JOBS_WORTH_A_TRACK if due else 1
            if due >= due_max or len(self._waiting) < worth:
                return
            if track.work is None:
                size = min(len(self._waiting), self._next_size(), _JOBS_MAX)
                jobs = [self._waiting.popleft() for _ in range(size)]
                self._under_way += size
                track.began = now
                track.work = self._loop.create_task(self._run_round(track, jobs))
                due += 1

    def _next_size(self) -> int:
        """Return a third of the jobs that are about: waiting, under way, and just answered.

        So clients who ask again at once fall into three parts, each of which somebody works at.
        With all in one batch each would wait for the other.
        """
        about = len(self._waiting) + self._under_way + self._answered
        return max(_JOBS_MIN, -(-about // _PARTS))

    async def close(self) -> None:
        """Keep what waits, take no more, and close the connection."""
        self._is_open = False
        self._begin()
        while under_way := [track.work for track in self._tracks if track.work is not None]:
            await asyncio.wait(under_way)
        for track in self._tracks:
            await track.lost()

    async def _run_round(self, track: "_Track", jobs: Sequence[Job]) -> None:
        try:
            started = time.perf_counter()
            batches = Round(jobs)
            for operation, batch in batches.batched.items():
                await self._run_batch(track, operation, batch)
            batches.answer()
            took_s = time.perf_counter() - started
            self._round_s += (took_s - self._round_s) / _SMOOTHED_OVER
            self._observe(len(jobs), took_s)
        finally:
            track.work = None
            self._under_way -= len(jobs)
            self._answered = len(jobs)
            self._begin()

    async def _run_batch(
        self, track: "_Track", operation: BatchOperation, jobs: Sequence[Job]
    ) -> None:
        """Run a batch; if it raises, run each command alone, so that only the culprit fails."""
        try:
            results = await self._run(track, operation, [job.command for job in jobs])
            for job, result in zip(jobs, results, strict=True):
                job.result = result
        except Exception as error:  # noqa: BLE001  # whatever it is, who asked for it is told
            if len(jobs) > 1 and not isinstance(error, StoreFailed):
                await self._run_each(track, operation, jobs, error)
                return
            for job in jobs:
                job.error = error

    async def _run_each(
        self, track: "_Track", operation: BatchOperation, jobs: Sequence[Job], error: Exception
    ) -> None:
        """Run each command alone and answer it; a lock that all have met is waited for no longer.

        Who holds it may hold it for long, and may stand in the way of all of them. If the database
        goes meanwhile, the rest need not find out one by one.
        """
        is_locked = isinstance(error, LockedTooLong)
        give_up_at = self._loop.time() + _DIVIDED_S
        if is_locked:
            await track.set(f"SET lock_timeout = '{BATCH_WAIT_MS}ms'")
        for job in jobs:
            has_gone = isinstance(error, StoreFailed)
            if has_gone or (is_locked and self._loop.time() > give_up_at):
                job.error = error
            else:
                await self._run_batch(track, operation, [job])
                if isinstance(job.error, StoreFailed):
                    error = job.error
            job.answer()
        if is_locked:
            await track.set("RESET lock_timeout")

    async def _run(
        self, track: "_Track", operation: BatchOperation, commands: Sequence[Any]
    ) -> Sequence[Any]:
        with self._chains.lent() as lent:

            async def attempt() -> Sequence[Any]:
                connection = await track.connected()
                engine = PostgresEngine(connection, lent.again(), self._hope)
                with self._watch.answered_in_time(connection):
                    return await operation(SqlTransaction(engine), commands)

            results = await persevere(attempt, track.lost)
            lent.committed()
            return results


class _Track:
    """One connection of the lane, and the batches that run on it."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], watch: Watch) -> None:
        self.work: asyncio.Task[None] | None = None
        self.began = 0.0  # by the loop's clock
        self._connect = connect
        self._watch = watch
        self._connection: Connection | None = None

    async def connected(self) -> Connection:
        """Return the connection, opened if it is not.

        Raises: NoPrimary.
        """
        if self._connection is None:
            self._connection = await self._connect()
        return self._connection

    async def set(self, statement: str) -> None:
        """Change what the connection is told, or drop it."""
        if self._connection is None:
            return
        try:
            with self._watch.answered_in_time(self._connection):
                await self._connection.execute(statement)
        except REFUSALS:
            await self.lost()

    async def lost(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
