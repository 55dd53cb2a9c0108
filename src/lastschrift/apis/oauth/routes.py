"""The routes of the token endpoint, and of what OAuth clients look for beside it."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Protocol, TypeVar

from lastschrift.apis.oauth.credentials import is_basic
from lastschrift.apis.oauth.errors import ERRORS, BasicCredentialsRefused, HostNotNamed
from lastschrift.apis.oauth.models import (
    AboutToken,
    Introspection,
    ServerMetadata,
    TokenError,
    TokenRequest,
    TokenResponse,
)
from lastschrift.apis.oauth.parse import (
    parse_introspection,
    parse_revocation,
    parse_token_request,
)
from lastschrift.apis.oauth.paths import INTROSPECT, METADATA, PREFIX, REVOKE, TOKEN
from lastschrift.apis.oauth.render import render_introspection, render_metadata, render_token
from lastschrift.domain.access import Secret
from lastschrift.domain.errors import CredentialsRefused
from lastschrift.domain.identity import ClientId
from lastschrift.operations.introspect_access_token import introspect_access_token
from lastschrift.operations.issue_access_token import issue_access_token
from lastschrift.operations.ports import Ports
from lastschrift.operations.revoke_access_token import revoke_access_token
from lastschrift.web.api import Api, Route
from lastschrift.web.cors import cors_headers, preflight_route
from lastschrift.web.described import described
from lastschrift.web.http import Header, HeaderBlock, Request, Response
from lastschrift.web.limits import Attempt
from lastschrift.web.public_url import public_url

_HEADERS: list[Header] = [
    (b"content-type", b"application/json; charset=UTF-8"),
    (b"pragma", b"no-cache"),
]
_METHODS = b"POST, OPTIONS"


# --- tokens ---------------------------------------------------------------------------------------


async def create_token(request: Request) -> Response:
    """Get an access token for client credentials.

    The credentials stand in the body or come by HTTP Basic, not both.
    """
    command = parse_token_request(*await _sent(request))
    issued = await _for_client(request, command, issue_access_token)
    request.edge.limits.remember(Attempt.of(request.peer(), issued.token))
    return render_token(issued)


async def revoke_token(request: Request) -> Response:
    """Revoke an access token of one's own (RFC 7009).

    A token that there is not, or that is another client's, is answered in the same way.
    """
    command = parse_revocation(*await _sent(request))
    await _for_client(request, command, revoke_access_token)
    request.edge.bearer.forget()
    return Response(200)


async def introspect_token(request: Request) -> Response:
    """Find out what an access token of one's own contract is good for (RFC 7662)."""
    command = parse_introspection(*await _sent(request))
    return render_introspection(await _for_client(request, command, introspect_access_token))


async def get_metadata(request: Request) -> Response:
    """Find out where all this is, and what it can do (RFC 8414)."""
    issuer = public_url(request)
    if issuer is None:
        raise HostNotNamed
    return render_metadata(issuer)


async def _sent(request: Request) -> tuple[bytes, bytes | None, bytes | None]:
    """Return the body, what it is, and what stands beside it for credentials."""
    body = await request.body()
    return body, request.header(b"content-type"), request.header(b"authorization")


# --- clients --------------------------------------------------------------------------------------


class _OfClient(Protocol):
    """A command that brings a client's credentials."""

    @property
    def client_id(self) -> ClientId | None: ...

    @property
    def client_secret(self) -> Secret: ...


_Command = TypeVar("_Command", bound=_OfClient)
_Result = TypeVar("_Result")


async def _for_client(
    request: Request,
    command: _Command,
    operate: Callable[[Ports, _Command], Coroutine[Any, Any, _Result]],
) -> _Result:
    """Do what a client wants, unless too many who said that they were this one were not.

    Raises, in this order: TooManyAttempts, BasicCredentialsRefused, CredentialsRefused; what else
    ``operate`` raises.
    """
    limits = request.edge.limits
    attempt = Attempt.of(request.peer(), command.client_secret, command.client_id)
    limits.check(attempt)
    try:
        with limits.counting(attempt):
            return await operate(request.ports, command)
    except CredentialsRefused as refused:
        authorization = request.header(b"authorization")
        if authorization is not None and is_basic(authorization):
            raise BasicCredentialsRefused from refused
        raise


# --- the API --------------------------------------------------------------------------------------

_BODY_TYPES = ("application/x-www-form-urlencoded", "application/json")
_ERRORS_OF_CLIENTS = {
    400: TokenError,
    401: TokenError,
    413: TokenError,
    429: TokenError,
    500: TokenError,
    503: TokenError,
}

_ROUTES = (
    Route(
        method="POST",
        path=TOKEN,
        handler=create_token,
        body=Annotated[TokenRequest, described(required=["grant_type"])],
        body_types=_BODY_TYPES,
        answers={200: TokenResponse, **_ERRORS_OF_CLIENTS},
    ),
    Route(
        method="POST",
        path=REVOKE,
        handler=revoke_token,
        body=Annotated[AboutToken, described(required=["token"])],
        body_types=_BODY_TYPES,
        answers={200: None, **_ERRORS_OF_CLIENTS},
    ),
    Route(
        method="POST",
        path=INTROSPECT,
        handler=introspect_token,
        body=Annotated[AboutToken, described(required=["token"])],
        body_types=_BODY_TYPES,
        answers={200: Introspection, **_ERRORS_OF_CLIENTS},
    ),
    Route(
        method="GET",
        path=METADATA,
        handler=get_metadata,
        answers={200: ServerMetadata, 400: TokenError, 500: TokenError},
    ),
)


def api(*, has_cors: bool) -> Api:
    """Return the token endpoint as an API; ``has_cors``: browsers elsewhere may call it."""
    preflights = [preflight_route(route.path) for route in _ROUTES] if has_cors else []
    headers = [*_HEADERS, *cors_headers(_METHODS)] if has_cors else _HEADERS

    return Api(
        name="oauth",
        title="Token endpoint",
        prefix=PREFIX,
        media_type="application/json",
        routes=[*_ROUTES, *preflights],
        errors=ERRORS,
        headers=HeaderBlock(*headers),
        has_folded_paths=True,
    )
