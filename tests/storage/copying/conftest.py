"""What is copied, and where to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lastschrift.storage.sqlite.installation import SqliteInstallation
from tests.databases import ENGINES
from tests.storage.copying.contents import fill_sqlite, some_contents
from tests.storage.copying.copies import ROWS, Database, copy, empty_database


@pytest.fixture
def file(tmp_path: Path) -> SqliteInstallation:
    """Return a SQLite database with rows in all tables."""
    fill_sqlite(tmp_path / "lastschrift.db", some_contents(ROWS))
    return SqliteInstallation(tmp_path / "lastschrift.db")


@pytest.fixture
def server(file: SqliteInstallation) -> Iterator[Database]:
    """Return a PostgreSQL database with the same rows."""
    with empty_database("postgres", Path()) as database:
        copy(file, database)
        yield database


@pytest.fixture(params=ENGINES)
def source(request: pytest.FixtureRequest) -> Database:
    """Return a database with rows in all tables, on each engine in turn."""
    database: Database = request.getfixturevalue(
        {"sqlite": "file", "postgres": "server"}[request.param]
    )
    return database


@pytest.fixture(params=ENGINES)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Return a place for a copy, on each engine in turn."""
    with empty_database(request.param, tmp_path) as database:
        yield database
