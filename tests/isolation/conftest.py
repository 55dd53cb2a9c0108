"""A house whose users an identity provider vouches for, and a look into its database."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from lastschrift.operations.ports import NoIdentityProviders
from tests.databases import Looking, looking_into
from tests.house import House, reopened
from tests.isolation.parties import ISSUER


class NamedProvider(NoIdentityProviders):
    """A provider that users are linked from; it vouches for no token."""

    issuers = (ISSUER,)


@pytest.fixture
async def house(house: House) -> AsyncIterator[House]:
    ports = replace(house.ports, identity_providers=NamedProvider())
    async with reopened(house, ports) as opened:
        yield opened


@pytest.fixture
async def looking(house: House) -> AsyncIterator[Looking]:
    async with looking_into(house.database) as looking:
        yield looking
