"""The world of an exchange, which its steps change."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from lastschrift.domain.access import Client, Secret
from tests.apis.golden import Bindings, Exchange
from tests.house import House
from tests.identity_providers.issuer import Issuer


@dataclass(slots=True, kw_only=True)
class World:
    """What an exchange happens in: a sandbox, and who asks for tokens there."""

    house: House
    exchange: Exchange
    bindings: Bindings
    client: Client
    secret: Secret
    cleanup: AsyncExitStack
    issuer: Issuer | None = None
