"""What the token endpoint reads and writes, in the order in which it is written."""

from typing import Annotated, Final

from msgspec import UNSET, Struct, UnsetType

from lastschrift.web.described import described

CLIENT_CREDENTIALS: Final = "client_credentials"
AUTHENTICATION_METHODS: Final = ("client_secret_post", "client_secret_basic")
"""How a client may show its secret (RFC 8414 §2, the names of RFC 7591 §2)."""

GrantType = Annotated[str, described(CLIENT_CREDENTIALS, enum=[CLIENT_CREDENTIALS])]
ClientIdText = Annotated[
    str, described("09ae83af7c37121b2de929b211bad944", pattern="^[0-9a-f]{32}$")
]
ClientSecret = Annotated[
    str, described("9c5f250b69f6436cb38fd780349bc00810d8d5051d3dcf821e428f65a32724bd")
]

AccessTokenText = Annotated[str, described("gm3594cd1vvqffokcf1lc8t735", pattern="^[0-9a-v]{26}$")]
TokenType = Annotated[str, described("bearer", enum=["bearer"])]


class TokenRequest(Struct, omit_defaults=True):
    """The members of a token request, as a form or as JSON; between scopes stands a blank.

    The examples are the seed document's ("Get Token", section Request).
    """

    grant_type: GrantType | None = None
    client_id: ClientIdText | None = None
    client_secret: ClientSecret | None = None
    scope: str | None = None


class TokenResponse(Struct):
    """An access token: exactly these four members (seed "Get Token", section Response)."""

    access_token: AccessTokenText
    expires_in: Annotated[int, described(1200)]
    token_type: TokenType
    scope: Annotated[str, described("https://scope.secucard.com/e/api")]


class AboutToken(Struct, omit_defaults=True):
    """What is asked of a token (RFC 7009 §2.1, RFC 7662 §2.1), as a form or as JSON.

    The hint is not needed: there is one kind of token.
    """

    token: AccessTokenText | None = None
    token_type_hint: Annotated[str, described("access_token")] | None = None
    client_id: ClientIdText | None = None
    client_secret: ClientSecret | None = None


class Introspection(Struct):
    """What a token is good for (RFC 7662 §2.2); of one that is good for nothing, only that.

    ``exp`` and ``iat`` are seconds since 1970.
    """

    active: Annotated[bool, described(example=True)]
    scope: Annotated[str, described("https://scope.secucard.com/e/api")] | UnsetType = UNSET
    client_id: ClientIdText | UnsetType = UNSET
    token_type: TokenType | UnsetType = UNSET
    exp: Annotated[int, described(1510151655)] | UnsetType = UNSET
    iat: Annotated[int, described(1510150455)] | UnsetType = UNSET


class ServerMetadata(Struct):
    """What clients can find out by themselves (RFC 8414 §2)."""

    issuer: Annotated[str, described("https://debit.example.org")]
    token_endpoint: Annotated[str, described("https://debit.example.org/oauth/token")]
    revocation_endpoint: Annotated[str, described("https://debit.example.org/oauth/revoke")]
    introspection_endpoint: Annotated[str, described("https://debit.example.org/oauth/introspect")]
    scopes_supported: list[str]
    response_types_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    introspection_endpoint_auth_methods_supported: list[str]


class TokenError(Struct):
    """Why a request is refused (RFC 6749 §5.2)."""

    error: Annotated[str, described("invalid_client")]
    error_description: Annotated[str, described("The client credentials are invalid")]
