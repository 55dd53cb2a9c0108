"""What the token endpoint reads and writes, in the order in which it is written."""

from msgspec import Struct


class TokenRequest(Struct):
    """The members of a token request, as a form or as JSON."""

    grant_type: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    scope: str | None = None


class TokenResponse(Struct):
    """An access token: exactly these four members (seed "Get Token", section Response)."""

    access_token: str
    expires_in: int
    token_type: str
    scope: str


class TokenError(Struct):
    """Why there is no token (RFC 6749 §5.2)."""

    error: str
    error_description: str
