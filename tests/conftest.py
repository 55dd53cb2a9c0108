"""Fixtures that every room's tests may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.house import House, open_house


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Return what asynchronous tests run on, as the server does."""
    return "asyncio"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Return a house of the test's own, without a contract in it."""
    async with open_house(tmp_path) as opened:
        yield opened
