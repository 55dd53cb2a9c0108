"""The engines that every test of this folder runs on."""

from collections.abc import AsyncIterator

import pytest

from lastschrift.operations.ports import Store
from tests.databases import Database


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    """Return an empty store, on each engine in turn."""
    async with database.opened() as opened:
        yield opened
