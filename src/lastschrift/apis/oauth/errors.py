"""The token endpoint's words for errors: two members, and nothing else (RFC 6749 §5.2).

The texts are the documented ones where there is one (secuconnect, "Device Credentials").
Status 400 where credentials stand in the body, as documented; 401 where they came by HTTP Basic.
"""

import re

import msgspec

from lastschrift.apis.oauth.models import TokenError
from lastschrift.domain.errors import (
    Conflict,
    CredentialsMissing,
    DomainError,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    ScopeRefused,
    Unavailable,
)
from lastschrift.web.errors import (
    BodyMalformed,
    BodyTooLarge,
    ErrorTable,
    MethodUnknown,
    RouteUnknown,
    TooManyAttempts,
    Unexpected,
)
from lastschrift.web.http import Header, Response


class GrantTypeMissing(Invalid):
    """No grant type was named."""


class GrantTypeUnsupported(Invalid):
    """A grant type was named that this server does not give."""

    def __init__(self, grant_type: str) -> None:
        super().__init__()
        self.grant_type = grant_type


class TokenNotNamed(Invalid):
    """It is not said which token is meant (RFC 7009 §2.1, RFC 7662 §2.1)."""


class HostNotNamed(Invalid):
    """The request names no host, and without one there is no telling where this server is."""


class ParameterTwice(Invalid):
    """A parameter is there more than once (RFC 6749 §3.2)."""


class ParameterWrong(Invalid):
    """A parameter is no text."""


class CredentialsTwice(Invalid):
    """Credentials came in the body and by HTTP Basic (RFC 6749 §2.3)."""


class BasicCredentialsRefused(NotAuthenticated):
    """Credentials that came by HTTP Basic are refused (RFC 6749 §5.2 asks for 401)."""


_GRANT_TYPE_SHOWN = re.compile("[a-z_:.-]{1,64}")
"""Anything else is no name of a grant type; it may be a secret in the wrong place."""


def _error(status: int, error: str, description: str, *headers: Header) -> Response:
    body = msgspec.json.encode(TokenError(error=error, error_description=description))
    return Response(status, body, headers)


def _invalid_request(description: str) -> Response:
    return _error(400, "invalid_request", description)


def _grant_type_unsupported(error: GrantTypeUnsupported) -> Response:
    is_shown = _GRANT_TYPE_SHOWN.fullmatch(error.grant_type)
    shown = f'Grant type "{error.grant_type}"' if is_shown else "Grant type"
    return _error(400, "unsupported_grant_type", f"{shown} not supported")


def _method_unknown(error: MethodUnknown) -> Response:
    allow = (b"allow", ", ".join(error.allowed).encode())
    return _error(405, "invalid_request", "This method is not known here", allow)


def _unavailable(error: Unavailable) -> Response:
    wait = (b"retry-after", b"%d" % error.retry_after_s)
    return _error(503, "temporarily_unavailable", "Please try again", wait)


def _too_many_attempts(error: TooManyAttempts) -> Response:
    wait = (b"retry-after", b"%d" % error.retry_after_s)
    return _error(429, "temporarily_unavailable", "Too many attempts failed, please wait", wait)


def _refused_by_basic(_: DomainError) -> Response:
    challenge = (b"www-authenticate", b'Basic realm="lastschrift"')
    return _error(401, "invalid_client", "The client credentials are invalid", challenge)


ERRORS: ErrorTable[Response] = ErrorTable(
    {
        BodyTooLarge: lambda error: _error(
            413, "invalid_request", f"The body has more than {error.bytes_max} bytes"
        ),
        BodyMalformed: lambda error: _invalid_request(f"Wrong body: {error.detail}"),
        GrantTypeMissing: lambda _: _invalid_request(
            "The grant type was not specified in the request"
        ),
        GrantTypeUnsupported: _grant_type_unsupported,
        TokenNotNamed: lambda _: _invalid_request("The token was not specified in the request"),
        HostNotNamed: lambda _: _invalid_request("The request names no host"),
        ParameterTwice: lambda _: _invalid_request("A parameter was given more than once"),
        ParameterWrong: lambda _: _invalid_request("A parameter is no text"),
        CredentialsTwice: lambda _: _invalid_request(
            "Client credentials were given both in the headers and in the body"
        ),
        CredentialsMissing: lambda _: _error(
            400, "invalid_client", "Client credentials were not found in the headers or body"
        ),
        TooManyAttempts: _too_many_attempts,
        BasicCredentialsRefused: _refused_by_basic,
        NotAuthenticated: lambda _: _error(
            400, "invalid_client", "The client credentials are invalid"
        ),
        ScopeRefused: lambda _: _error(
            400, "invalid_scope", "The client may not have a scope that was asked for"
        ),
        MethodUnknown: _method_unknown,
        RouteUnknown: lambda _: _error(404, "invalid_request", "There is nothing at this path"),
        Invalid: lambda _: _invalid_request("The request is not valid"),
        NotFound: lambda _: _error(404, "invalid_request", "There is no such thing"),
        Conflict: lambda _: _error(409, "invalid_request", "This is there already"),
        NotAllowed: lambda _: _error(403, "unauthorized_client", "This is not allowed"),
        Unavailable: _unavailable,
        Unexpected: lambda error: _error(500, "server_error", f"Support id {error.support_id}"),
    }
)
