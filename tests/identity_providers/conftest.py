"""A provider that answers, and the clock it shares with who asks it."""

from collections.abc import AsyncIterator

import pytest

from tests.house import FakeClock
from tests.identity_providers.issuer import Issuer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def issuer(clock: FakeClock) -> AsyncIterator[Issuer]:
    async with Issuer.serving(clock) as serving:
        yield serving
