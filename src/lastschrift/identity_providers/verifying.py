"""Believing a token: its signature is the provider's, and it is meant for us."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import jwt

from lastschrift.domain.access import Secret
from lastschrift.domain.errors import TokenRefused
from lastschrift.domain.users import OutsideUser
from lastschrift.identity_providers.discovery import fetch_keys
from lastschrift.identity_providers.fetching import Fetcher
from lastschrift.identity_providers.key_store import KeyStore
from lastschrift.identity_providers.keys import PublicKey
from lastschrift.identity_providers.provider import Provider
from lastschrift.identity_providers.tokens import Claims, read_token
from lastschrift.operations.ports import Clock, VerifiedToken

REMEMBERED_FOR: Final = timedelta(seconds=60)
"""How long a token that was good is not looked at again; so long a withdrawn key lives on."""

_REMEMBERED_MAX = 10_000

_SIGNATURES = jwt.PyJWS()


class TrustedProviders:
    """The providers that are set (`operations.ports.IdentityProviders`)."""

    def __init__(self, providers: Iterable[Provider], clock: Clock, fetcher: Fetcher) -> None:
        self._clock = clock
        self._providers: dict[str, list[Provider]] = {}
        self._keys: dict[str, KeyStore] = {}
        for provider in providers:
            self._providers.setdefault(provider.issuer, []).append(provider)
            fetch = partial(fetch_keys, fetcher, provider.issuer, provider.jwks_url)
            self._keys.setdefault(provider.issuer, KeyStore(provider.issuer, fetch, clock))
        self._remembered: dict[bytes, tuple[VerifiedToken, datetime, datetime]] = {}

    @property
    def issuers(self) -> Sequence[str]:
        """What the providers call themselves."""
        return tuple(self._providers)

    async def verify(self, token: Secret) -> VerifiedToken:
        """Return what a token says; only its hash is remembered.

        Raises: TokenRefused; IdentityProviderDown.
        """
        text = token.reveal()
        digest = hashlib.sha256(text.encode()).digest()
        now = self._clock.now()
        known = self._remembered.get(digest)
        if known is not None and known[1] <= now < known[2]:
            return known[0]
        verified = await self._verify(text, now)
        if len(self._remembered) >= _REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[digest] = verified, now, min(now + REMEMBERED_FOR, verified.expires)
        return verified

    async def _verify(self, text: str, now: datetime) -> VerifiedToken:
        """Look at a token: first at what costs nothing, last at its signature."""
        header, claims = read_token(text)
        claims.check(now)
        provider = self._provider_of(claims)
        _check_signature(text, await self._keys[claims.iss].key(header.kid, header.alg))
        return VerifiedToken(
            client_id=provider.client_id,
            user=OutsideUser(claims.iss, claims.sub),
            scopes=claims.scopes,
            expires=claims.expires,
            app=claims.azp or claims.client_id,
        )

    def _provider_of(self, claims: Claims) -> Provider:
        """Return the one provider, by issuer and audience, that a token is of.

        One that is meant for two audiences of ours leaves open whose payers it is about.

        Raises: TokenRefused.
        """
        meant = [
            provider
            for provider in self._providers.get(claims.iss, ())
            if provider.audience in claims.audiences
        ]
        if len(meant) != 1:
            raise TokenRefused
        return meant[0]


def _check_signature(text: str, key: PublicKey) -> None:
    """Check that a token was signed by this key, in the one way that this key signs.

    Raises: TokenRefused.
    """
    try:
        _SIGNATURES.decode(text, key.key, algorithms=[key.algorithm])
    except jwt.PyJWTError:
        raise TokenRefused from None
