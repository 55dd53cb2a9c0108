"""Looking at the providers that are set: whether each has a client here, and keys there."""

from collections.abc import Container, Iterable

from lastschrift.domain.identity import ClientId
from lastschrift.identity_providers.discovery import fetch_keys
from lastschrift.identity_providers.fetching import Fetcher, FetchFailed
from lastschrift.identity_providers.keys import NoKeySet
from lastschrift.identity_providers.provider import Provider


class ProviderUseless(Exception):
    """No token of a provider would be taken; the text says why."""


async def examine_providers(
    providers: Iterable[Provider], clients: Container[ClientId], fetcher: Fetcher
) -> str:
    """Return how many keys each provider has; ``clients`` are those that may stand for one.

    Raises: ProviderUseless.
    """
    told = [await _examine(provider, clients, fetcher) for provider in providers]
    return ", ".join(told)


async def _examine(provider: Provider, clients: Container[ClientId], fetcher: Fetcher) -> str:
    if provider.client_id not in clients:
        raise ProviderUseless(
            f"the client {provider.client_id.hex} of {provider.issuer} is unknown or revoked"
        )
    try:
        keys = await fetch_keys(fetcher, provider.issuer, provider.jwks_url)
    except (FetchFailed, NoKeySet) as failure:
        raise ProviderUseless(f"no keys from {provider.issuer}: {failure}") from failure
    return f"{provider.issuer} ({provider.audience}): {len(keys)} keys"
