"""A trail that is copied to another database, or engine, holds there against the same anchors."""

from pathlib import Path

import pytest

from lastschrift.storage.copying import copy_database
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.sqlite.installation import SqliteInstallation
from tests.audit.trails import execute, heads, installation, verified, write_trail
from tests.databases import Database
from tests.postgres import shared_postgres

pytestmark = pytest.mark.anyio


@pytest.fixture
def target(database: Database, tmp_path: Path) -> SqliteInstallation | PostgresInstallation:
    """Return where to copy to: the other engine."""
    if isinstance(database, PostgresInstallation):
        return SqliteInstallation(tmp_path / "copy.db")
    url = shared_postgres().create_database()
    return PostgresInstallation(url, url)


async def test_a_copied_trail_holds(
    database: Database, target: SqliteInstallation | PostgresInstallation
) -> None:
    await write_trail(database)
    await mark(database)
    anchors = await heads(database)
    await copy_database(installation(database), target, lambda *_: None)
    there = await verified(target, anchors)
    assert there == await verified(database, anchors)
    assert (there.anchors, there.faults) == (len(anchors), [])


async def mark(database: Database) -> None:
    """Say that a database is an installation."""
    await execute(database, "INSERT INTO installation (only_row, kind) VALUES (1, 'sandbox')")
