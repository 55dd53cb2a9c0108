"""`operations.ports.Store` on SQLite: one writer, point reads at once, lists in a reader pool."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import apsw

from lastschrift.domain.errors import StoreFailed
from lastschrift.operations.ports import Command, PurgeStep, Reader, Result, Transaction
from lastschrift.storage.chaining import Heads
from lastschrift.storage.jobs import Observer, observe_nothing
from lastschrift.storage.recalling import Recollection
from lastschrift.storage.sqlite.checkpoints import Checkpoints
from lastschrift.storage.sqlite.connection import (
    SqliteEngine,
    open_for_reading,
    open_for_writing,
)
from lastschrift.storage.sqlite.drive import drive
from lastschrift.storage.sqlite.failures import is_unable
from lastschrift.storage.sqlite.migrations import check_schema
from lastschrift.storage.sqlite.purging import PurgeErrand
from lastschrift.storage.sqlite.writer import Writer
from lastschrift.storage.transaction import SqlReader

T = TypeVar("T")

_SCANNING_THREADS = 2


class SqliteStore:
    """The store of one process; open it on the event loop it will serve."""

    def __init__(
        self, path: Path, *, queue_limit: int = 4096, observe: Observer = observe_nothing
    ) -> None:
        connection = open_for_writing(path)
        check_schema(connection)
        self._path = path
        self._checkpoints = Checkpoints(path, connection)
        self._writer = Writer(connection, queue_limit=queue_limit, observe=observe)
        self._point_connection = open_for_reading(path)
        self._point_reader = SqlReader(SqliteEngine(self._point_connection))
        self._scanners = ThreadPoolExecutor(_SCANNING_THREADS, thread_name_prefix="scan")
        self._scanner = threading.local()
        self._recollection = Recollection()
        self._scan_connections: list[apsw.Connection] = []

    @property
    def queue_depth(self) -> int:
        """How many jobs wait for the next commit."""
        return self._writer.queue_depth

    @property
    def audit_heads(self) -> Heads:
        """How far the chains of the audit trail have come."""
        return self._writer.audit_heads

    def write(self, operation: Callable[[Transaction], Coroutine[Any, Any, T]]) -> Awaitable[T]:
        """Run an operation, many to a commit."""
        return self._writer.submit(operation)

    def write_batched(
        self,
        operation: Callable[
            [Transaction, Sequence[Command]], Coroutine[Any, Any, Sequence[Result]]
        ],
        make_command: Callable[[], Command],
    ) -> Awaitable[Result]:
        """Run a batch operation for all commands that wait."""
        return self._writer.submit_batched(operation, make_command)

    async def read(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Read at once, on the event loop: a look-up by key takes some 3 us."""
        try:
            return await query(self._point_reader)
        except apsw.Error as error:
            raise _told(error) from error

    async def scan(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Read on a thread of the pool, all of it from one snapshot."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._scanners, self._scan, query)
        except apsw.Error as error:
            raise _told(error) from error

    async def recall(
        self,
        what: Hashable,
        query: Callable[[Reader, T | None], Coroutine[Any, Any, T]],
        age_s_max: float,
    ) -> T:
        """Scan, or return what was found not long ago."""

        def ask(before: T | None) -> Awaitable[T]:
            return self.scan(lambda reader: query(reader, before))

        found: T = await self._recollection.recall(what, ask, age_s_max)
        return found

    async def purge(self, step: int) -> PurgeStep:
        """Purge some pages, behind a commit of its own or another one."""
        errand = PurgeErrand(self._path, step)
        self._checkpoints.behind_next_commit(errand)
        await self._writer.submit(lambda transaction: transaction.touch())
        return errand.result()

    def _scan(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        connection = self._scan_connection()
        connection.execute("BEGIN")
        try:
            return drive(query(SqlReader(SqliteEngine(connection))))
        finally:
            connection.execute("COMMIT")

    def _scan_connection(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._scanner, "connection", None)
        if connection is None:
            connection = self._scanner.connection = open_for_reading(self._path)
            self._scan_connections.append(connection)
        return connection

    async def close(self) -> None:
        """Commit what waits, and let go of the file."""
        self._scanners.shutdown()
        for connection in self._scan_connections:
            connection.close()
        self._point_connection.close()
        await self._writer.close()
        self._checkpoints.close()


def _told(error: apsw.Error) -> Exception:
    """Return what whoever reads is told: to come back, or, where the fault is ours, the error."""
    return StoreFailed() if is_unable(error) else error
