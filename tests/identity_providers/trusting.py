"""A house that takes the tokens of identity providers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from msgspec import structs

from lastschrift.domain.access import Client, IdentityLinking, Scope, Secret
from lastschrift.domain.identity import ContractId
from lastschrift.identity_providers.fetching import Fetcher
from lastschrift.identity_providers.provider import Provider
from lastschrift.identity_providers.verifying import TrustedProviders
from lastschrift.operations.change_identity_linking import change_identity_linking
from tests.house import House, reopened
from tests.identity_providers.issuer import Issuer

EVERY_SCOPE = " ".join(Scope)


@asynccontextmanager
async def trusting(house: House, *providers: Provider) -> AsyncIterator[House]:
    """Serve the same house, which takes the tokens of these providers."""
    trusted = TrustedProviders(providers, house.clock, Fetcher())
    async with reopened(house, structs.replace(house.ports, identity_providers=trusted)) as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Trust:
    """A house, a provider that it trusts, and the client of ours that stands for the provider."""

    house: House
    issuer: Issuer
    client: Client
    secret: Secret

    @property
    def contract(self) -> ContractId:
        """The contract whose payers the provider's users are."""
        return self.client.contract_id

    def bearer(self, sub: str = "jon.smith", scope: str = EVERY_SCOPE) -> dict[str, str]:
        """Return the header of a request of a user."""
        token = self.issuer.token(sub=sub, scope=scope)
        return {"Authorization": f"Bearer {token.reveal()}"}

    async def link_by_command(self) -> None:
        """Let users be linked by command only."""
        await change_identity_linking(self.house.ports, self.contract, IdentityLinking.BY_COMMAND)


@asynccontextmanager
async def trust(house: House) -> AsyncIterator[Trust]:
    """Open a contract with a client that stands for a provider, which is served until the end."""
    client, secret = await house.open_contract()
    async with (
        Issuer.serving(house.clock) as issuer,
        trusting(house, issuer.provider(client.id)) as opened,
    ):
        yield Trust(opened, issuer, client, secret)
