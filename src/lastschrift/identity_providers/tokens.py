"""A JSON Web Token taken apart (RFC 7515 §3.1, RFC 7519): what it says of itself, unbelieved.

What is not to our liking is refused here, before anything is fetched or reckoned for it: whoever
holds no key can't make us do more than this.
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from lastschrift.domain.errors import TokenRefused
from lastschrift.domain.users import is_subject
from lastschrift.identity_providers.keys import ALGORITHMS

TOKEN_CHARACTERS_MAX: Final = 16_384
LEEWAY: Final = timedelta(seconds=30)
"""How far the provider's clock may be from ours (RFC 7519 §4.1.4: a few minutes at most)."""

_TYPES: Final = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
"""What a token may call itself (RFC 9068 §2.1); others, as a logout token, are no access token."""

_PARTS = 3
_INSTANT_MAX = 253_402_300_799
"""9999-12-31T23:59:59Z, the last second that there is to `datetime`."""


class Header(Struct):
    """What a token says of how it is signed. Addresses of keys (``jku``, ``x5u``) are not read."""

    alg: str
    kid: str | None = None
    typ: str | None = None
    crit: Raw | UnsetType = UNSET


class Claims(Struct):
    """What a token claims (RFC 7519 §4.1); ``scp`` is what some providers call ``scope``.

    ``azp`` (OpenID Connect Core 1.0 §2) or ``client_id`` (RFC 9068 §2.2) is the app that has it.
    """

    iss: str
    sub: str
    aud: str | list[str]
    exp: int | float
    nbf: int | float | None = None
    iat: int | float | None = None
    scope: str | list[str] | None = None
    scp: str | list[str] | None = None
    azp: str | None = None
    client_id: str | None = None

    @property
    def audiences(self) -> frozenset[str]:
        """Whom the token is meant for."""
        return frozenset(_several(self.aud))

    @property
    def scopes(self) -> frozenset[str]:
        """What the token may be used for (RFC 8693 §4.2: words with a blank between)."""
        said = [*_several(self.scope), *_several(self.scp)]
        return frozenset(word for text in said for word in text.split(" ") if word)

    @property
    def expires(self) -> datetime:
        """When the token ends, the leeway included.

        Raises: TokenRefused.
        """
        return _instant(self.exp) + LEEWAY

    def check(self, now: datetime) -> None:
        """Check what does not depend on who the provider is.

        Raises: TokenRefused.
        """
        begins = max(_instant(self.nbf or 0), _instant(self.iat or 0)) - LEEWAY
        if not begins <= now < self.expires or not is_subject(self.sub):
            raise TokenRefused


def read_token(text: str) -> tuple[Header, Claims]:
    """Return what a token says.

    Raises: TokenRefused: it can't be read, or is signed in a way that we don't take.
    """
    parts = text.split(".")
    if len(text) > TOKEN_CHARACTERS_MAX or len(parts) != _PARTS:
        raise TokenRefused
    try:
        header = msgspec.json.decode(_decoded(parts[0]), type=Header)
        claims = msgspec.json.decode(_decoded(parts[1]), type=Claims)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors, as base64's are
        raise TokenRefused from None
    is_type_right = header.typ is None or header.typ.lower() in _TYPES
    # What is critical we don't know (RFC 7515 §4.1.11).
    if header.alg not in ALGORITHMS or not is_type_right or header.crit is not UNSET:
        raise TokenRefused
    return header, claims


def _decoded(part: str) -> bytes:
    """Return what is written in base64url without padding (RFC 7515 §2).

    Raises: ValueError.
    """
    return base64.b64decode(part + "=" * (-len(part) % 4), b"-_", validate=True)


def _several(value: str | list[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else value


def _instant(seconds: float) -> datetime:
    if not 0 <= seconds <= _INSTANT_MAX - LEEWAY.total_seconds():
        raise TokenRefused
    return datetime.fromtimestamp(seconds, UTC)
