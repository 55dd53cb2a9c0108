"""An identity provider that vouches for users by tokens of its own.

How a provider's signatures are verified, `tests/identity_providers` shows; here it is about what
those may see who have shown a good one.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count

from lastschrift.domain.access import Client, Scope, Secret
from lastschrift.domain.errors import TokenRefused
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.ports import Clock, VerifiedToken

ISSUER = "https://id.example.com"
"""The identity provider of all users."""

_LIFETIME = timedelta(hours=1)


class VouchingProvider:
    """A provider that any client may stand for."""

    issuers: Sequence[str] = (ISSUER,)

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = count()
        self._verified: dict[str, VerifiedToken] = {}

    def token(self, client: Client, subject: str) -> str:
        """Return a token of a user, with every scope, from the provider that is this client."""
        token = f"outside.{next(self._numbers)}.signed"
        self._verified[token] = VerifiedToken(
            client_id=client.id,
            user=OutsideUser(ISSUER, subject),
            scopes=frozenset(Scope),
            expires=self._clock.now() + _LIFETIME,
        )
        return token

    async def verify(self, token: Secret) -> VerifiedToken:
        """Return what a token says.

        Raises: TokenRefused.
        """
        verified = self._verified.get(token.reveal())
        if verified is None:
            raise TokenRefused
        return verified
