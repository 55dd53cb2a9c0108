"""What waits to be written: single jobs, and jobs that one operation does for all at once."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

import msgspec

from lastschrift.operations.ports import Transaction

Operation = Callable[[Transaction], Coroutine[Any, Any, Any]]
BatchOperation = Callable[[Transaction, Sequence[Any]], Coroutine[Any, Any, Sequence[Any]]]

Observer = Callable[[int, float], None]
"""Told, after each commit, how many jobs it held and how many seconds it took, with their work."""


def observe_nothing(_jobs: int, _seconds: float) -> None:
    """Take no note of commits."""


class Job(msgspec.Struct):
    """Something to be done in a transaction, who waits for it, and how it went.

    With ``make_command``, ``operation`` is a batch operation that takes all commands that wait.
    """

    operation: Callable[..., Coroutine[Any, Any, Any]]
    future: asyncio.Future[Any]
    make_command: Callable[[], object] | None = None
    is_prepared: bool = False
    command: object = None
    result: object = None
    error: BaseException | None = None

    def answer(self) -> None:
        """Tell whoever waits for it how it went, if anybody still does."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


def make_commands(jobs: Iterable[Job]) -> None:
    """Make what jobs need beside the store, each once; if it can't be made, that is its answer."""
    for job in jobs:
        if job.is_prepared:
            continue
        job.is_prepared = True
        if job.make_command is not None:
            try:
                job.command = job.make_command()
            except Exception as error:  # noqa: BLE001  # whatever it is, who asked for it is told
                job.error = error


class Round:
    """The jobs of one commit, the batched ones gathered by operation."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.jobs = list(jobs)
        self.single: list[Job] = []
        self.batched: dict[BatchOperation, list[Job]] = {}
        make_commands(self.jobs)
        for job in self.jobs:
            if job.make_command is None:
                self.single.append(job)
            elif job.error is None:
                self.batched.setdefault(job.operation, []).append(job)

    def answer(self) -> None:
        """Tell everyone how it went."""
        for job in self.jobs:
            job.answer()

    def fail(self, make_error: Callable[[], BaseException], cause: BaseException) -> None:
        """Let every job have failed for the same cause."""
        for job in self.jobs:
            job.result, job.error = None, make_error()
            job.error.__cause__ = cause
