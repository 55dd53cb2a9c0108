"""The writer that ours was weighed against: it runs the statements on its thread, too."""

import asyncio
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

import apsw

from lastschrift.storage.jobs import BatchOperation, Job
from lastschrift.storage.sqlite.drive import drive

_JOBS_MAX = 256


class ThreadedWriter:
    """Group commit with everything on one thread."""

    def __init__(
        self,
        connection: apsw.Connection,
        *,
        queue_limit: int,
        observe: Callable[[int, float], None],
    ) -> None:
        self._connection = connection
        self._observe = observe
        self._queue_limit = queue_limit
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def submit_batched(
        self, operation: BatchOperation, make_command: Callable[[], object]
    ) -> asyncio.Future[Any]:
        """Run a batch operation for this command and all others that wait for it."""
        job = Job(operation, self._loop.create_future(), make_command)
        self._queue.put(job)
        return job.future

    async def close(self) -> None:
        """Take no more."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            jobs = [first, *self._waiting()]
            self._connection.execute("BEGIN IMMEDIATE")
            commands = [job.make_command() for job in jobs if job.make_command]
            results = drive(first.operation(None, commands))
            self._connection.execute("COMMIT")
            for job, result in zip(jobs, results, strict=True):
                job.result = result
            self._loop.call_soon_threadsafe(self._answer, jobs)

    def _waiting(self) -> list[Job]:
        jobs: list[Job] = []
        while len(jobs) < _JOBS_MAX - 1:
            try:
                job = self._queue.get_nowait()
            except Empty:
                break
            if job is None:
                self._queue.put(None)
                break
            jobs.append(job)
        return jobs

    def _answer(self, jobs: list[Job]) -> None:
        for job in jobs:
            job.answer()
