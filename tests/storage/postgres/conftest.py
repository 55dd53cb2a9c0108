"""Databases on the server that all tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lastschrift.storage.postgres import lane
from lastschrift.storage.postgres.installation import PostgresInstallation
from tests.databases import lent_database
from tests.postgres import shared_postgres


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Lend a database with all tables and without a row."""
    with lent_database("postgres", tmp_path) as database:
        assert isinstance(database, PostgresInstallation)
        yield database._url


@pytest.fixture(scope="module")
def undivided() -> Iterator[None]:
    """Let all that is asked for at once go into one batch, not into halves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lane, "_JOBS_MIN", lane._JOBS_MAX)
        yield


@pytest.fixture
def empty_url() -> Iterator[str]:
    """Lend a database with nothing in it."""
    with shared_postgres().lent_nothing() as lent:
        yield lent
