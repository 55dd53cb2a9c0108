"""Bearer tokens (RFC 6750 §2.1): from an ``Authorization`` header to who it stands for.

What a token stands for is remembered for a second at most, so that a revocation acts at once and
the hot path need not look it up each time. Only hashes of tokens are remembered. Many requests with
the same token that is not remembered make one look-up, which nobody joins who came a second after
it began: it may have found what is no longer so. Guessing is limited.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from lastschrift.domain.access import Principal, Secret
from lastschrift.domain.errors import TokenMissing
from lastschrift.domain.identity import ContractId
from lastschrift.operations.authenticate import authenticate, is_json_web_token
from lastschrift.operations.ports import Ports
from lastschrift.web.limits import Attempt, AttemptLimits

_REMEMBERED_FOR = timedelta(seconds=1)
_REMEMBERED_MAX = 10_000
_BEARER = re.compile(rb"bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE)


class BearerTokens:
    """Who the tokens of requests stand for."""

    def __init__(self, ports: Ports, limits: AttemptLimits) -> None:
        self._ports = ports
        self._limits = limits
        self._remembered: dict[bytes, tuple[Principal, datetime, datetime]] = {}
        self._looking: dict[bytes, tuple[asyncio.Future[Principal], datetime]] = {}

    def known(self, digest: bytes) -> Principal | None:
        """Return who a header of this digest stands for, if it was looked up just now."""
        known = self._remembered.get(digest)
        return known[0] if known and known[1] <= self._ports.clock.now() < known[2] else None

    async def principal(self, authorization: bytes | None, peer: Callable[[], str]) -> Principal:
        """Return who a request's ``Authorization`` header stands for.

        ``peer`` tells where it came from; it is asked only if the token is to be looked up.

        Raises: TokenMissing, TooManyAttempts, TokenRefused.
        """
        if authorization is None:
            raise TokenMissing
        digest = digest_of(authorization)
        known = self.known(digest)
        if known is not None:
            return known
        looking = self._looking_just_now(digest)
        if looking is None:
            looking = self._look_up(digest, _token(authorization), peer())
        return await asyncio.shield(looking)

    def _looking_just_now(self, digest: bytes) -> asyncio.Future[Principal] | None:
        """Return the look-up of a token that has begun within the last second, and is not over."""
        if digest not in self._looking:
            return None
        looking, began = self._looking[digest]
        return looking if began <= self._ports.clock.now() < began + _REMEMBERED_FOR else None

    def _look_up(self, digest: bytes, token: Secret, peer: str) -> asyncio.Future[Principal]:
        """Begin to look a token up; whoever has the same meanwhile waits for the same answer.

        Raises: TooManyAttempts.
        """
        if is_json_web_token(token):  # nobody guesses a signature
            finding = self._found(digest, token)
        else:
            attempt = Attempt.of(peer, token)
            self._limits.check(attempt)
            finding = self._guessed(digest, token, attempt)
        all_looking = self._looking
        looking = asyncio.ensure_future(finding)
        under_way = all_looking[digest] = looking, self._ports.clock.now()

        def looked_up(done: asyncio.Future[Principal]) -> None:
            if all_looking.get(digest) is under_way:
                del all_looking[digest]
            if not done.cancelled():
                done.exception()  # taken note of, should nobody wait for it any longer

        looking.add_done_callback(looked_up)
        return looking

    async def _guessed(self, digest: bytes, token: Secret, attempt: Attempt) -> Principal:
        with self._limits.counting(attempt):
            return await self._found(digest, token)

    async def _found(self, digest: bytes, token: Secret) -> Principal:
        now = self._ports.clock.now()
        remembered = self._remembered
        principal = await authenticate(self._ports, token)
        if len(remembered) >= _REMEMBERED_MAX:
            remembered.clear()
        remembered[digest] = principal, now, min(now + _REMEMBERED_FOR, principal.expires)
        return principal

    def contract_of(self, authorization: bytes) -> ContractId | None:
        """Return the contract of a token that was good not long ago; None if it is not remembered.

        This says on whose behalf somebody asks, not that they may.
        """
        known = self._remembered.get(digest_of(authorization))
        return None if known is None else known[0].contract_id

    def forget(self) -> None:
        """Look every token up anew from now on.

        The tables are left to the look-ups that are on their way: what they find may be out of
        date.
        """
        self._remembered, self._looking = {}, {}


def digest_of(authorization: bytes | None) -> bytes:
    """Return what an ``Authorization`` header is remembered by."""
    return hashlib.sha256(authorization or b"").digest()


def _token(authorization: bytes) -> Secret:
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise TokenMissing
    return Secret(match[1].decode("ascii"))
