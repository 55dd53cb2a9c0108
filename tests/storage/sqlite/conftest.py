"""A writer over a connection that the test can get at, to look at its commits or to stop them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest

from lastschrift.storage.sqlite.connection import open_for_reading, open_for_writing
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.storage.sqlite.writer import Writer
from tests.databases import Database, copy_empty_database

QUEUE_LIMIT = 40


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the file of an empty, migrated database."""
    path = tmp_path / "lastschrift.db"
    copy_empty_database(path)
    return path


@pytest.fixture
def database(file: Path) -> Database:
    """Return the same file as an installation's: a house here is always on this engine."""
    return SqliteInstallation(file)


@dataclass(slots=True)
class Bench:
    """A writer, its connection, and how many jobs each of its commits held."""

    writer: Writer
    connection: apsw.Connection
    path: Path
    commits: list[int] = field(default_factory=list)

    def names(self) -> list[str]:
        """Return the contracts' names, as another connection sees them."""
        reader = open_for_reading(self.path)
        try:
            return [name for (name,) in reader.execute("SELECT name FROM contract ORDER BY name")]
        finally:
            reader.close()


@pytest.fixture
async def bench(file: Path) -> AsyncIterator[Bench]:
    """Return a writer with room for ten jobs in its queue."""
    connection = open_for_writing(file)
    commits: list[int] = []
    writer = Writer(
        connection, queue_limit=QUEUE_LIMIT, observe=lambda jobs, _: commits.append(jobs)
    )
    yield Bench(writer, connection, file, commits)
    await writer.close()


@dataclass(slots=True)
class Gate:
    """A gate that every COMMIT has to pass, just before it is done."""

    is_open: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)
    is_refusing: bool = False

    def __call__(self) -> bool:
        """Hold up a COMMIT until the gate opens; return whether to make it fail."""
        self.reached.set()
        assert self.is_open.wait(timeout=10)
        return self.is_refusing

    async def wait_until_reached(self) -> None:
        """Wait for the next COMMIT to stand before the gate."""
        assert await asyncio.get_running_loop().run_in_executor(None, self.reached.wait, 10)


@pytest.fixture
def gate(bench: Bench) -> Iterator[Gate]:
    """Return a closed gate before the bench's commits."""
    gate = Gate()
    bench.connection.set_commit_hook(gate)
    yield gate
    gate.is_open.set()
