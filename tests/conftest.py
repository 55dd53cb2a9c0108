"""Fixtures that every room's tests may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import ENGINES, Database, new_database
from tests.house import House, open_house


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Return what asynchronous tests run on, as the server does."""
    return "asyncio"


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Return an empty database of the test's own, on each engine in turn."""
    return new_database(request.param, tmp_path)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Return a house of the test's own, without a contract in it."""
    async with open_house(database) as opened:
        yield opened
