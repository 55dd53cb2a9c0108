"""Finding a provider's keys: where it says they are (OpenID Connect Discovery 1.0 §4)."""

import msgspec
from msgspec import Struct

from lastschrift.identity_providers.fetching import Address, Fetcher, FetchFailed
from lastschrift.identity_providers.keys import KeySet

WELL_KNOWN = "/.well-known/openid-configuration"


class _Configuration(Struct):
    issuer: str
    jwks_uri: str


async def fetch_keys(fetcher: Fetcher, issuer: str, jwks_url: str | None) -> KeySet:
    """Return the keys of a provider, from where they are set to be, or from where it says.

    Raises: FetchFailed, NoKeySet.
    """
    address = await _discover(fetcher, issuer) if jwks_url is None else Address.parse(jwks_url)
    return KeySet.read(await fetcher.fetch(address))


async def _discover(fetcher: Fetcher, issuer: str) -> Address:
    """Return where a provider says that its keys are.

    It must call itself as its tokens do (§4.3), and can't send us to this machine by plain http
    unless it is there itself.

    Raises: FetchFailed.
    """
    document = await fetcher.fetch(Address.parse(issuer.removesuffix("/") + WELL_KNOWN))
    try:
        told = msgspec.json.decode(document, type=_Configuration)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise FetchFailed("its configuration can't be read") from None
    if told.issuer != issuer:
        raise FetchFailed("it calls itself by another name than the one that is set")
    return Address.parse(told.jwks_uri, is_plain_allowed=issuer.startswith("http:"))
