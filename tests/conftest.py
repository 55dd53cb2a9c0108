"""Fixtures that every room's tests may ask for."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import ENGINES, Database, lent_database
from tests.house import House, open_house

# How long an example takes depends on who else is on the machine; speed is for `make bench`.
settings.register_profile(
    "lastschrift", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lastschrift")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Return what asynchronous tests run on, as the server does."""
    return "asyncio"


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Lend an empty database to the test, on each engine in turn."""
    with lent_database(request.param, tmp_path) as lent:
        yield lent


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Return a house of the test's own, without a contract in it."""
    async with open_house(database) as opened:
        yield opened


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Return what takes a figure that the test measured, for docs/reference/promises.md."""

    def tell(measured: str) -> None:
        record_property("figure", measured)

    return tell


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Write into the tests' report which promise each proves, or controls."""
    for item in items:
        for kind in ("promise", "control"):
            item.user_properties += [(kind, mark.args[0]) for mark in item.iter_markers(kind)]
