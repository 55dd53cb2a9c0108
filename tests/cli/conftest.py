"""The installations that commands are tried on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.installations import lent_production
from tests.databases import ENGINES


@pytest.fixture(params=ENGINES)
def production(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Lend a production installation, on each engine in turn."""
    with lent_production(request.param, tmp_path / "a") as directory:
        yield directory
