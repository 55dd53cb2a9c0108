"""From what was done to the answers of the token endpoint and its neighbours."""

import msgspec

from lastschrift.apis.oauth.models import (
    AUTHENTICATION_METHODS,
    CLIENT_CREDENTIALS,
    Introspection,
    ServerMetadata,
    TokenResponse,
)
from lastschrift.apis.oauth.paths import INTROSPECT, REVOKE, TOKEN
from lastschrift.domain.access import AccessToken, Scope
from lastschrift.operations.issue_access_token import IssuedToken
from lastschrift.web.http import Response

_BEARER = "bearer"


def render_token(issued: IssuedToken) -> Response:
    """Return the four documented members in their order (seed "Get Token", section Response)."""
    body = TokenResponse(
        access_token=issued.token.reveal(),
        expires_in=issued.lifetime_s,
        token_type=_BEARER,
        scope=" ".join(issued.scopes),
    )
    return _ok(body)


def render_introspection(token: AccessToken | None) -> Response:
    """Return what is told of a token; of none, nothing but that (RFC 7662 §2.2)."""
    if token is None:
        return _ok(Introspection(active=False))
    body = Introspection(
        active=True,
        scope=" ".join(token.scopes),
        client_id=token.client_id.hex,
        token_type=_BEARER,
        exp=int(token.expires.timestamp()),
        iat=int(token.issued.timestamp()),
    )
    return _ok(body)


def render_metadata(issuer: str) -> Response:
    """Return what clients can find out by themselves, of the server that ``issuer`` leads to.

    There is no authorization endpoint, so there are no response types; but RFC 8414 §2 wants the
    member, and §3.2 wants no empty ones. "none" is the registered type that asks for nothing.
    """
    methods = list(AUTHENTICATION_METHODS)
    body = ServerMetadata(
        issuer=issuer,
        token_endpoint=issuer + TOKEN,
        revocation_endpoint=issuer + REVOKE,
        introspection_endpoint=issuer + INTROSPECT,
        scopes_supported=list(Scope),
        response_types_supported=["none"],
        grant_types_supported=[CLIENT_CREDENTIALS],
        token_endpoint_auth_methods_supported=methods,
        revocation_endpoint_auth_methods_supported=methods,
        introspection_endpoint_auth_methods_supported=methods,
    )
    return _ok(body)


def _ok(body: msgspec.Struct) -> Response:
    return Response(200, msgspec.json.encode(body))
