"""The engines that every test of this folder runs on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lastschrift.operations.ports import Store
from lastschrift.storage.sqlite.store import SqliteStore
from tests.house import copy_empty_database


@pytest.fixture(params=["sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Return an empty store; another engine is one more parameter, and one more branch here."""
    assert request.param == "sqlite"
    path = tmp_path / "lastschrift.db"
    copy_empty_database(path)
    opened = SqliteStore(path)
    yield opened
    await opened.close()
