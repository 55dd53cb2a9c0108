"""`operations.ports.Store` on PostgreSQL: single operations on some connections, batches on three.

Nothing but connections is kept in the process, so that any number of processes may serve.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import asyncpg

from lastschrift.domain.errors import DomainError, QueueFull, ShuttingDown, StoreFailed
from lastschrift.operations.ports import Command, PurgeStep, Reader, Result, Transaction
from lastschrift.storage.chaining import Heads
from lastschrift.storage.jobs import Observer, observe_nothing
from lastschrift.storage.postgres.auditing import Chains
from lastschrift.storage.postgres.connecting import Connection, Primary
from lastschrift.storage.postgres.engine import AuditKey, KeptBefore, PostgresEngine
from lastschrift.storage.postgres.lane import Lane
from lastschrift.storage.postgres.migrations import check_schema
from lastschrift.storage.postgres.perseverance import Watch, persevere
from lastschrift.storage.postgres.purging import PURGED, vacuum_table
from lastschrift.storage.recalling import Recollection
from lastschrift.storage.transaction import SqlReader, SqlTransaction

T = TypeVar("T")

CONNECTIONS_DEFAULT = 8
_IDLE_S = 60
_CLOSE_S = 10
_FREE_S = 5.0
"""So long a connection of the pool is waited for; longer, and locks or the network hold all."""


@dataclass(frozen=True, slots=True)
class _Run(Generic[T]):
    """What an operation came to, and what it wrote down; whether it was committed or not."""

    result: T
    audited: AuditKey | None


def _audited(run: _Run[Any] | None) -> AuditKey | None:
    return None if run is None else run.audited


class PostgresStore:
    """The store of one server process among many; `open` opens it."""

    def __init__(self, primary: Primary, pool: Any, *, queue_limit: int, observe: Observer) -> None:  # noqa: ANN401  # asyncpg has no types
        self._primary = primary
        self._pool = pool
        self._chains = Chains()
        self._recollection = Recollection()
        self._queue_limit = queue_limit
        self._under_way = 0
        self._is_open = True
        self._all_done = asyncio.Event()
        self._all_done.set()
        self._watch = Watch()
        self._lane = Lane(
            primary.connect, self._chains, self._watch, queue_limit=queue_limit, observe=observe
        )

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        *,
        connections: int = CONNECTIONS_DEFAULT,
        queue_limit: int = 4096,
        observe: Observer = observe_nothing,
    ) -> AsyncIterator["PostgresStore"]:
        """Open the store of a database, which must have this program's schema.

        ``connections`` are those of the pool; batches have three more of their own.

        Raises: NoPrimary, NotOurDatabase, SchemaTooNew, SchemaTooOld.
        """
        primary = Primary(url)
        pool = asyncpg.create_pool(
            connect=primary.connect,
            min_size=0,
            max_size=connections,
            max_inactive_connection_lifetime=_IDLE_S,
            reset=_keep_as_it_is,
        )
        async with pool:
            async with pool.acquire() as connection:
                await check_schema(connection)
            store = cls(primary, pool, queue_limit=queue_limit, observe=observe)
            try:
                yield store
            finally:
                await store.close()

    @property
    def queue_depth(self) -> int:
        """How many jobs wait for the next commit."""
        return self._lane.queue_depth

    @property
    def audit_heads(self) -> Heads:
        """How far the chains of the audit trail have come that are written here."""
        return self._chains.heads

    async def write(self, operation: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        """Run an operation in a transaction of its own.

        A run whose COMMIT was not heard of may have been committed. The next one may then find that
        nothing is left to do, or other things: its audit entry tells, and the first result stands.
        Who has written nothing down is told so when the standby has what it has seen.
        """
        unheard: _Run[T] | None = None
        with self._chains.lent() as lent:

            async def attempt(connection: Connection) -> T:
                nonlocal unheard
                engine = PostgresEngine(connection, lent.again())
                try:
                    async with connection.transaction():
                        result = await operation(SqlTransaction(engine))
                        if engine.audited is None and await engine.is_kept(_audited(unheard)):
                            raise KeptBefore  # noqa: TRY301  # so all is rolled back
                        unheard = _Run(result, engine.audited)
                except (DomainError, KeptBefore):
                    lent.rolled_back()
                    is_done = await engine.is_kept(_audited(unheard))
                    if unheard is None or not is_done:
                        raise
                    return unheard.result
                lent.committed()
                return result

            return await self._run(attempt)

    def write_batched(
        self,
        operation: Callable[
            [Transaction, Sequence[Command]], Coroutine[Any, Any, Sequence[Result]]
        ],
        make_command: Callable[[], Command],
    ) -> Awaitable[Result]:
        """Run a batch operation for all commands that wait."""
        return self._lane.submit(operation, make_command)

    async def read(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Read on any free connection."""

        async def attempt(connection: Connection) -> T:
            return await query(SqlReader(PostgresEngine(connection)))

        return await self._run(attempt)

    async def scan(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Read all from one snapshot."""

        async def attempt(connection: Connection) -> T:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await query(SqlReader(PostgresEngine(connection)))

        return await self._run(attempt)

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
        """Vacuum the next table, on a connection of its own: that may take minutes.

        Raises: StoreFailed.
        """
        try:
            connection = await self._primary.connect()
            try:
                await vacuum_table(connection, PURGED[step])
            finally:
                connection.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise StoreFailed from error
        following, total = step + 1, len(PURGED)
        return PurgeStep(
            following=following if following < total else None, done=following, total=total
        )

    async def _run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do some work on a connection of the pool, and again where that is right."""

        async def attempt() -> T:
            connection = await self._free_connection()
            try:
                with self._watch.answered_in_time(connection):
                    return await work(connection)
            finally:
                await self._pool.release(connection)

        self._begin()
        try:
            # A task of its own, which the driver's timeouts need and who asks may not have.
            return await asyncio.create_task(persevere(attempt, self._pool.expire_connections))
        finally:
            self._end()

    async def _free_connection(self) -> Connection:
        """Take a connection of the pool.

        Raises: StoreFailed, if those that are under way hold all for too long.
        """
        try:
            async with asyncio.timeout(_FREE_S):
                return await self._pool.acquire()
        except TimeoutError as error:
            raise StoreFailed from error

    def _begin(self) -> None:
        if not self._is_open:
            raise ShuttingDown
        if self._under_way >= self._queue_limit:
            raise QueueFull
        self._under_way += 1
        self._all_done.clear()

    def _end(self) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._all_done.set()

    async def close(self) -> None:
        """Keep what waits, take no more, and close all connections."""
        self._is_open = False
        await self._lane.close()
        await self._all_done.wait()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


async def _keep_as_it_is(_connection: Connection) -> None:
    """Give a connection back without a word to the server: no statement leaves anything on it."""
