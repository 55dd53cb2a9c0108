"""An installation's database on a PostgreSQL server (`storage.installation.Installation`)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import asyncpg

from lastschrift.operations.ports import Reader
from lastschrift.storage.installation import DatabaseRefused, Fill, naming
from lastschrift.storage.jobs import Observer, observe_nothing
from lastschrift.storage.postgres.connecting import Connection, NoPrimary, Primary
from lastschrift.storage.postgres.migrations import (
    check_schema,
    drop_tables,
    lacks_of_schema,
    lock_schema,
    migrate,
    schema_of,
    try_lock_schema,
)
from lastschrift.storage.postgres.purging import rewrite_tables
from lastschrift.storage.postgres.store import CONNECTIONS_DEFAULT, PostgresStore
from lastschrift.storage.postgres.transfer import (
    PostgresSource,
    PostgresTables,
    PostgresTarget,
    lock_tables,
)
from lastschrift.storage.transfer import AlreadyInstalled

T = TypeVar("T")

_VERSION_MIN = 14
_CONNECT_S = 10.0
"""Longer than for a request: who starts a server or runs a command can wait for a busy host."""

_KIND = "SELECT kind FROM installation"
_BROKEN = """
SELECT indexrelid::regclass::text FROM pg_index
WHERE NOT indisvalid AND indexrelid IN (
    SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace
)
UNION ALL
SELECT conname::text FROM pg_constraint
WHERE connamespace = current_schema()::regnamespace AND NOT convalidated
ORDER BY 1
"""
_MAKE_AGAIN = "make it again, or switch it on (ALTER TABLE … ENABLE TRIGGER), or restore a backup"
_MARK = "INSERT INTO installation (only_row, kind) VALUES (1, $1)"


class PostgresInstallation:
    """The database that a URL names; ``place`` is how it is told, without the password."""

    def __init__(self, url: str, place: str, *, connections: int = CONNECTIONS_DEFAULT) -> None:
        self._url = url
        self._place = place
        self._connections = connections

    def create(self, kind: str, fill: Fill | None) -> None:
        """Make all tables in a database that is there and empty; the mark comes last.

        What an interrupted attempt left is taken away first. Of two at once, one does it, and the
        other is told: it has another master key.
        """
        self._run(lambda connection: self._create(connection, kind, fill))

    async def _create(self, connection: Connection, kind: str, fill: Fill | None) -> None:
        await lock_schema(connection)
        if await _kind_of(connection) is not None:
            raise DatabaseRefused(
                self._place,
                "was just made by another command",
                "serve it with that one's master key",
            )
        await drop_tables(connection)
        await migrate(connection)
        if fill is not None:
            async with PostgresStore.open(self._url) as store:
                await fill(store)
        await connection.execute(_MARK, kind)

    def kind(self) -> str | None:
        """Return what the database was made for; None if nothing stands in it."""
        return self._run(_kind_of)

    def migrate(self) -> list[str]:
        """Apply what is missing; servers may run meanwhile."""
        return self._run(migrate)

    def check(self) -> str:
        """Ask the server whether it is new enough, keeps what it commits, and has our schema."""
        return self._run(self._check)

    async def _check(self, connection: Connection) -> str:
        await check_schema(connection)
        await self._require_durable(connection)
        if await connection.fetchval("SHOW fsync") != "on":
            raise DatabaseRefused(
                self._place, "fsync is off, so a power cut destroys it", "set fsync = on"
            )
        version = connection.get_server_version()
        schema = await schema_of(connection)
        return f"{self._place}, PostgreSQL {version.major}.{version.minor}, schema {schema}"

    def check_structure(self) -> str:
        """Ask the server what does not hold, is missing or off, and whether pages have sums."""
        return self._run(self._check_structure)

    async def _check_structure(self, connection: Connection) -> str:
        await check_schema(connection)
        broken = [name for (name,) in await connection.fetch(_BROKEN)]
        if broken:
            raise DatabaseRefused(
                self._place,
                f"do not hold: {', '.join(broken)}",
                "REINDEX or VALIDATE CONSTRAINT tells why",
            )
        lacks = await lacks_of_schema(connection)
        if lacks:
            raise DatabaseRefused(self._place, f"lacks {', '.join(lacks)}", _MAKE_AGAIN)
        checksums = await connection.fetchval("SHOW data_checksums")
        return f"indexes and constraints hold, checksums of pages are {checksums}"

    def read(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Return what a query finds."""

        async def ask() -> T:
            async with self.opened() as store:
                return await store.scan(query)

        return asyncio.run(ask())

    def rewrite_tables(self) -> Sequence[str]:
        """Write the tables with data of payers anew; servers wait meanwhile. Return their names."""
        return self._run(rewrite_tables)

    def delete(self) -> None:
        """Take all tables away; the database stays."""
        self._run(drop_tables)

    @asynccontextmanager
    async def opened(
        self, *, queue_limit: int = 4096, observe: Observer = observe_nothing
    ) -> AsyncIterator[PostgresStore]:
        """Open the store."""
        async with self._connected() as connection:
            with self._told():
                await self._require_durable(connection)
        with self._told():
            opening = PostgresStore.open(
                self._url,
                connections=self._connections,
                queue_limit=queue_limit,
                observe=observe,
            )
            store = await opening.__aenter__()
        try:
            yield store
        finally:
            await opening.__aexit__(None, None, None)

    @asynccontextmanager
    async def as_source(self) -> AsyncIterator[PostgresSource]:
        """Lock all tables: servers go on reading, and refuse what has to be written down.

        Raises: DatabaseRefused.
        """
        with naming(self._place):
            async with self._connected() as connection:
                with self._told():
                    kind = await _kind_of(connection)
                    if kind is None:
                        raise DatabaseRefused(
                            self._place, "holds no installation", "name another database"
                        )
                    await check_schema(connection)
                    await lock_tables(connection, self._place)
                yield PostgresSource(connection, self._place, self._told, kind)

    @asynccontextmanager
    async def as_snapshot(self) -> AsyncIterator[PostgresTables]:
        """Read in one transaction.

        Raises: DatabaseRefused.
        """
        with naming(self._place):
            async with self._connected() as connection:
                with self._told():
                    await check_schema(connection)
                    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield PostgresTables(connection, self._place, self._told)

    @asynccontextmanager
    async def as_it_is(self) -> AsyncIterator[PostgresTables]:
        """Read each piece in a transaction of its own, so that none is held open for long.

        Raises: DatabaseRefused.
        """
        with naming(self._place):
            async with self._connected() as connection:
                with self._told():
                    await check_schema(connection)
                yield PostgresTables(connection, self._place, self._told)

    @asynccontextmanager
    async def as_target(self) -> AsyncIterator[PostgresTarget]:
        """Make the tables where they are missing, and keep others from making them.

        Raises: AlreadyInstalled; DatabaseRefused.
        """
        with naming(self._place):
            async with self._connected() as connection:
                with self._told():
                    if not await try_lock_schema(connection):
                        raise DatabaseRefused(
                            self._place, "another command is making it", "wait until that has ended"
                        )
                    if await _kind_of(connection) is not None:
                        raise AlreadyInstalled
                    await self._require_durable(connection)
                    await migrate(connection)
                yield PostgresTarget(connection, self._place, self._told)

    async def _require_durable(self, connection: Connection) -> None:
        """Let a server pass that answers a COMMIT when it is on disk.

        Raises: DatabaseRefused.
        """
        if connection.get_server_version().major < _VERSION_MIN:
            raise DatabaseRefused(
                self._place, f"is older than PostgreSQL {_VERSION_MIN}", "use a newer one"
            )
        if await connection.fetchval("SHOW synchronous_commit") in ("off", "local"):
            raise DatabaseRefused(
                self._place,
                "synchronous_commit is off or local, so what was answered can be lost",
                "set it to on, for the role and for the database",
            )

    def _run(self, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
        """Do some work on a connection of its own."""

        async def run() -> T:
            async with self._connected() as connection:
                with self._told():
                    return await work(connection)

        return asyncio.run(run())

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        with self._told():
            connection = await Primary(self._url, connect_s=_CONNECT_S).connect()
        try:
            yield connection
        finally:
            connection.terminate()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what PostgreSQL says into a fact that says what to do.

        Raises: DatabaseRefused.
        """
        try:
            yield
        except NoPrimary as unreached:
            raise self._refusal(*unreached.reasons) from None
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise self._refusal(error) from None

    def _refusal(self, *reasons: BaseException) -> DatabaseRefused:
        """Return what the first reason that the table knows means."""
        for kind, fact, remedy in _REFUSALS:
            if any(isinstance(reason, kind) for reason in reasons):
                return DatabaseRefused(self._place, fact, remedy)
        names = ", ".join(sorted({type(reason).__name__ for reason in reasons}))
        return DatabaseRefused(self._place, f"refused ({names})", "look into PostgreSQL's log")


_REFUSALS: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        asyncpg.InvalidCatalogNameError,
        "there is no such database",
        "make it with createdb, or mend the setting database",
    ),
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        "does not let this role in",
        "look at user and password in the setting database, and at pg_hba.conf",
    ),
    (
        asyncpg.InsufficientPrivilegeError,
        "the role may not make or use the tables",
        "let it own the database: ALTER DATABASE name OWNER TO role",
    ),
    (
        asyncpg.InvalidSchemaNameError,
        "the role has no schema to make tables in",
        "let it own the database: ALTER DATABASE name OWNER TO role",
    ),
    (asyncpg.DiskFullError, "the disk is full", "make room on PostgreSQL's machine"),
    (
        asyncpg.TooManyConnectionsError,
        "has no connection to spare",
        "raise max_connections, or lower database_connections",
    ),
    (
        asyncpg.TargetServerAttributeNotMatched,
        "takes no writes",
        "name the primary, or all hosts of the cluster",
    ),
    (
        asyncpg.ClientConfigurationError,
        "is no address that can be used",
        "mend the setting database",
    ),
    (TimeoutError, "does not answer", "is PostgreSQL running there?"),
    (
        OSError,
        "can't be reached",
        "is PostgreSQL running there, and is the setting database right?",
    ),
)


async def _kind_of(connection: Connection) -> str | None:
    if await schema_of(connection) == 0:
        return None
    kind: str | None = await connection.fetchval(_KIND)
    return kind
