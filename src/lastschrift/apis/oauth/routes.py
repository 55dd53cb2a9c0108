"""The routes of the token endpoint."""

from typing import Annotated

from lastschrift.apis.oauth.errors import ERRORS, BasicCredentialsRefused
from lastschrift.apis.oauth.models import TokenError, TokenRequest, TokenResponse
from lastschrift.apis.oauth.parse import is_basic, parse_token_request
from lastschrift.apis.oauth.render import render_token
from lastschrift.domain.errors import CredentialsRefused
from lastschrift.operations.issue_access_token import issue_access_token
from lastschrift.web.api import Api, Route
from lastschrift.web.cors import cors_headers, preflight_route
from lastschrift.web.described import described
from lastschrift.web.http import Header, HeaderBlock, Request, Response

_HEADERS: list[Header] = [
    (b"content-type", b"application/json; charset=UTF-8"),
    (b"cache-control", b"no-store"),
    (b"pragma", b"no-cache"),
    (b"x-content-type-options", b"nosniff"),
]
_METHODS = b"POST, OPTIONS"


async def create_token(request: Request) -> Response:
    """Get an access token for client credentials.

    The credentials stand in the body or come by HTTP Basic, not both.
    """
    body = await request.body()
    authorization = request.header(b"authorization")
    command = parse_token_request(body, request.header(b"content-type"), authorization)
    try:
        issued = await issue_access_token(request.ports, command)
    except CredentialsRefused as refused:
        if authorization is not None and is_basic(authorization):
            raise BasicCredentialsRefused from refused
        raise
    return render_token(issued)


_TOKEN = Route(
    method="POST",
    path="/oauth/token",
    handler=create_token,
    body=Annotated[TokenRequest, described(required=["grant_type"])],
    body_types=["application/x-www-form-urlencoded", "application/json"],
    answers={
        200: TokenResponse,
        400: TokenError,
        401: TokenError,
        413: TokenError,
        500: TokenError,
        503: TokenError,
    },
)


def api(*, has_cors: bool) -> Api:
    """Return the token endpoint as an API; ``has_cors``: browsers elsewhere may call it."""
    preflight = [preflight_route(_TOKEN.path)] if has_cors else []
    headers = [*_HEADERS, *cors_headers(_METHODS)] if has_cors else _HEADERS

    return Api(
        name="oauth",
        title="Token endpoint",
        prefix="/oauth/",
        media_type="application/json",
        routes=[_TOKEN, *preflight],
        errors=ERRORS,
        headers=HeaderBlock(*headers),
        has_folded_paths=True,
    )
