"""A house whose users an identity provider vouches for, and a look into its database."""

from collections.abc import AsyncIterator

import pytest
from msgspec import structs

from tests.databases import Looking, looking_into
from tests.house import House, reopened
from tests.isolation.vouching import VouchingProvider


@pytest.fixture
async def house(house: House) -> AsyncIterator[House]:
    ports = structs.replace(house.ports, identity_providers=VouchingProvider(house.clock))
    async with reopened(house, ports) as opened:
        yield opened


@pytest.fixture
async def looking(house: House) -> AsyncIterator[Looking]:
    async with looking_into(house.database) as looking:
        yield looking
