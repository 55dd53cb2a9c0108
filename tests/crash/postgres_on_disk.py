"""A PostgreSQL whose data lie on a file system of a test's own."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgres
from tests.postgres import PostgresServer


@contextmanager
def postgres_on(place: Path, **settings: str) -> Iterator[PostgresServer]:
    """Run a server until the block ends, with all on disk that it begins with."""
    directory = place / "postgres"
    directory.mkdir()
    programs = postgres.reachable_programs(directory)
    server = PostgresServer(programs, directory, postgres._free_port(), settings)
    postgres._initialise(server)
    os.sync()
    server.start()
    try:
        yield server
    finally:
        server.stop(signal.SIGQUIT)
