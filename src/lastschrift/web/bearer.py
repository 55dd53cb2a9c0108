"""Bearer tokens (RFC 6750 §2.1): from an ``Authorization`` header to who it stands for.

What a token stands for is remembered for a second at most, so that a revocation acts at once and
the hot path need not look it up each time. Only hashes of tokens are remembered. Many requests with
the same token that is not remembered make one look-up.
"""

import asyncio
import hashlib
import re
from datetime import datetime, timedelta

from lastschrift.domain.access import Principal, Secret
from lastschrift.domain.errors import TokenMissing
from lastschrift.operations.authenticate import authenticate
from lastschrift.operations.ports import Ports

_REMEMBERED_FOR = timedelta(seconds=1)
_REMEMBERED_MAX = 10_000
_BEARER = re.compile(rb"bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE)


class BearerTokens:
    """Who the tokens of requests stand for."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._remembered: dict[bytes, tuple[Principal, datetime]] = {}
        self._looking: dict[bytes, asyncio.Future[Principal]] = {}

    async def principal(self, authorization: bytes | None) -> Principal:
        """Return who a request's ``Authorization`` header stands for.

        Raises: TokenMissing, TokenRefused.
        """
        if authorization is None:
            raise TokenMissing
        digest = hashlib.sha256(authorization).digest()
        known = self._remembered.get(digest)
        now = self._ports.clock.now()
        if known is not None and now < known[1]:
            return known[0]
        looking = self._looking.get(digest)
        if looking is None:
            looking = self._look_up(digest, _token(authorization))
        return await asyncio.shield(looking)

    def _look_up(self, digest: bytes, token: Secret) -> asyncio.Future[Principal]:
        """Begin to look a token up; whoever has the same meanwhile waits for the same answer."""
        looking = asyncio.ensure_future(self._found(digest, token))
        self._looking[digest] = looking

        def looked_up(done: asyncio.Future[Principal]) -> None:
            self._looking.pop(digest)
            if not done.cancelled():
                done.exception()  # taken note of, should nobody wait for it any longer

        looking.add_done_callback(looked_up)
        return looking

    async def _found(self, digest: bytes, token: Secret) -> Principal:
        now = self._ports.clock.now()
        principal = await authenticate(self._ports, token)
        self._remember(digest, principal, now)
        return principal

    def forget(self) -> None:
        """Look every token up anew from now on."""
        self._remembered.clear()

    def _remember(self, digest: bytes, principal: Principal, now: datetime) -> None:
        if len(self._remembered) >= _REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[digest] = principal, min(now + _REMEMBERED_FOR, principal.expires)


def _token(authorization: bytes) -> Secret:
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise TokenMissing
    return Secret(match[1].decode("ascii"))
