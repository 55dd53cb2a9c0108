"""The lane of what is registered: gathered by arrival, one statement for all that is there.

No timer: while one batch is under way, the next one gathers. Each statement is a transaction of its
own, and no answer leaves before it is committed.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from lastschrift.domain.errors import QueueFull, ShuttingDown, StoreFailed
from lastschrift.storage.jobs import BatchOperation, Job, Observer, Round
from lastschrift.storage.postgres.connecting import Connection
from lastschrift.storage.postgres.engine import AuditNumbers, NumbersKept, PostgresEngine
from lastschrift.storage.postgres.perseverance import answered_in_time, persevere
from lastschrift.storage.transaction import SqlTransaction

_JOBS_MAX = 256
"""Jobs of one batch: what the database has done within some 5 ms."""


class Lane:
    """One connection, and all who wait for it."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        numbers: AuditNumbers,
        *,
        queue_limit: int,
        observe: Observer,
    ) -> None:
        self._connect = connect
        self._numbers = numbers
        self._queue_limit = queue_limit
        self._observe = observe
        self._waiting: deque[Job] = deque()
        self._is_open = True
        self._loop = asyncio.get_running_loop()
        self._work: asyncio.Task[None] | None = None
        self._connection: Connection | None = None

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
        if self._work is None:
            self._work = self._loop.create_task(self._run_all())
        return job.future

    async def close(self) -> None:
        """Keep what waits, take no more, and close the connection."""
        self._is_open = False
        while self._work is not None:
            await asyncio.wait([self._work])
        await self._lost()

    async def _run_all(self) -> None:
        try:
            while self._waiting:
                started = time.perf_counter()
                size = min(len(self._waiting), _JOBS_MAX)
                jobs = Round(self._waiting.popleft() for _ in range(size))
                for operation, batch in jobs.batched.items():
                    await self._run_batch(operation, batch)
                jobs.answer()
                self._observe(size, time.perf_counter() - started)
        finally:
            self._work = None

    async def _run_batch(self, operation: BatchOperation, jobs: Sequence[Job]) -> None:
        """Run a batch; if it raises, run each command alone, so that only the culprit fails."""
        try:
            results = await self._run(operation, [job.command for job in jobs])
        except Exception as error:  # noqa: BLE001  # whatever it is, who asked for it is told
            if len(jobs) == 1 or isinstance(error, StoreFailed):
                for job in jobs:
                    job.error = error
                return
            for job in jobs:
                await self._run_batch(operation, [job])
        else:
            for job, result in zip(jobs, results, strict=True):
                job.result = result

    async def _run(self, operation: BatchOperation, commands: Sequence[Any]) -> Sequence[Any]:
        numbers = NumbersKept(self._numbers)

        async def attempt() -> Sequence[Any]:
            if self._connection is None:
                self._connection = await self._connect()
            engine = PostgresEngine(self._connection, numbers.again())
            with answered_in_time(self._connection):
                return await operation(SqlTransaction(engine), commands)

        return await persevere(attempt, self._lost)

    async def _lost(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
