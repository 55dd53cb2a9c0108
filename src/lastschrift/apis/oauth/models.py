"""What the token endpoint reads and writes, in the order in which it is written."""

from typing import Annotated, Final

from msgspec import Struct

from lastschrift.web.described import described

CLIENT_CREDENTIALS: Final = "client_credentials"


GrantType = Annotated[str, described(CLIENT_CREDENTIALS, enum=[CLIENT_CREDENTIALS])]
ClientIdText = Annotated[
    str, described("09ae83af7c37121b2de929b211bad944", pattern="^[0-9a-f]{32}$")
]
ClientSecret = Annotated[
    str, described("9c5f250b69f6436cb38fd780349bc00810d8d5051d3dcf821e428f65a32724bd")
]


class TokenRequest(Struct):
    """The members of a token request, as a form or as JSON; between scopes stands a blank.

    The examples are the seed document's ("Get Token", section Request).
    """

    grant_type: GrantType | None = None
    client_id: ClientIdText | None = None
    client_secret: ClientSecret | None = None
    scope: str | None = None


class TokenResponse(Struct):
    """An access token: exactly these four members (seed "Get Token", section Response)."""

    access_token: Annotated[str, described("gm3594cd1vvqffokcf1lc8t735", pattern="^[0-9a-v]{26}$")]
    expires_in: Annotated[int, described(1200)]
    token_type: Annotated[str, described("bearer", enum=["bearer"])]
    scope: Annotated[str, described("https://scope.secucard.com/e/api")]


class TokenError(Struct):
    """Why there is no token (RFC 6749 §5.2)."""

    error: Annotated[str, described("invalid_client")]
    error_description: Annotated[str, described("The client credentials are invalid")]
