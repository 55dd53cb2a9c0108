"""The keys of one provider, kept between requests and fetched anew when it is time.

They are fetched when first needed, when they are some minutes old, and when a token names one that
is not there: providers change their keys without notice (OpenID Connect Core 1.0 §10.1.1). Nobody
can make us ask often: one fetch at a time, and a pause before the next. While a provider does not
answer, what is known of it stays good for a day.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from lastschrift.domain.errors import IdentityProviderDown, TokenRefused
from lastschrift.identity_providers.fetching import FetchFailed
from lastschrift.identity_providers.keys import KeySet, NoKeySet, PublicKey
from lastschrift.operations.ports import Clock

FRESH_FOR: Final = timedelta(minutes=10)
"""From then on keys are fetched anew, beside the requests."""

OLD_FROM: Final = timedelta(minutes=11)
"""From then on, on a server that had nothing to do, a token waits until they are fetched."""

KEPT_FOR: Final = timedelta(days=1)
"""How long keys are believed while the provider can't be asked."""

PAUSE: Final = timedelta(seconds=10)
"""How long nothing is fetched after something was, whatever tokens say."""

_LOG = logging.getLogger(__name__)

FetchKeys = Callable[[], Awaitable[KeySet]]
"""Fetches a provider's keys. Raises: FetchFailed, NoKeySet."""


class KeyStore:
    """One provider's keys; ``issuer`` is what log lines call it."""

    def __init__(self, issuer: str, fetch: FetchKeys, clock: Clock) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._keys: KeySet | None = None
        self._fetched = datetime.min.replace(tzinfo=UTC)
        self._tried: datetime | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._is_down = False

    async def key(self, key_id: str | None, algorithm: str) -> PublicKey:
        """Return the key that a token names.

        Raises: TokenRefused: the provider has no such key; IdentityProviderDown: it may have, or
        its keys are not known at all.
        """
        if self._is_older_than(KEPT_FOR if self._is_down else OLD_FROM):
            await self._fetch_anew()
        elif self._is_older_than(FRESH_FOR):
            self._begin_to_fetch()
        found = self._find(key_id, algorithm)
        if found is None:
            await self._fetch_anew()
            found = self._find(key_id, algorithm)
        if found is not None:
            return found
        if self._is_down:
            raise IdentityProviderDown(int(PAUSE.total_seconds()))
        raise TokenRefused

    def _find(self, key_id: str | None, algorithm: str) -> PublicKey | None:
        if self._keys is None or self._is_older_than(KEPT_FOR):
            return None
        return self._keys.find(key_id, algorithm)

    def _is_older_than(self, age: timedelta) -> bool:
        """Whether the keys have this age; where the clock was set back, nobody knows it."""
        return abs(self._clock.now() - self._fetched) > age

    # --- fetching ---------------------------------------------------------------------------------

    async def _fetch_anew(self) -> None:
        """Wait for a fetch, which may be under way already; do nothing in the pause after one."""
        fetching = self._begin_to_fetch()
        if fetching is not None:
            await asyncio.shield(fetching)

    def _begin_to_fetch(self) -> asyncio.Task[None] | None:
        """Return the fetch that is under way, or begin one if that may be."""
        now = self._clock.now()
        if self._fetching is None and (self._tried is None or abs(now - self._tried) >= PAUSE):
            self._tried = now
            self._fetching = asyncio.create_task(self._try_to_fetch(now))
        return self._fetching

    async def _try_to_fetch(self, now: datetime) -> None:
        try:
            self._keys = await self._fetch()
        except (FetchFailed, NoKeySet) as failure:
            if not self._is_down:
                _LOG.warning("no keys from the identity provider %s: %s", self._issuer, failure)
            self._is_down = True
        else:
            if self._is_down:
                _LOG.warning("keys from the identity provider %s again", self._issuer)
            self._is_down = False
            self._fetched = now
        finally:
            self._fetching = None
