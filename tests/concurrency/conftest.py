"""Merchants who ask real servers: one process on SQLite, two on PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.concurrency.merchants import Street, open_street
from tests.databases import ENGINES


@pytest.fixture(scope="module", params=ENGINES)
def street(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Street]:
    """Return the merchants of an engine, the same for all tests of a module."""
    with open_street(request.param, tmp_path_factory.mktemp("street")) as opened:
        yield opened
