"""From a request of a client's to a command."""

from lastschrift.apis.oauth.bodies import FormOrJson
from lastschrift.apis.oauth.credentials import parse_credentials
from lastschrift.apis.oauth.errors import GrantTypeMissing, GrantTypeUnsupported, TokenNotNamed
from lastschrift.apis.oauth.models import CLIENT_CREDENTIALS, AboutToken, TokenRequest
from lastschrift.domain.access import Secret
from lastschrift.operations.introspect_access_token import IntrospectAccessToken
from lastschrift.operations.issue_access_token import IssueAccessToken
from lastschrift.operations.revoke_access_token import RevokeAccessToken

_TOKEN_REQUEST = FormOrJson(TokenRequest)
_ABOUT_TOKEN = FormOrJson(AboutToken)


def parse_token_request(
    body: bytes, content_type: bytes | None, authorization: bytes | None
) -> IssueAccessToken:
    """Return what a client asks for.

    Raises, in this order: BodyMalformed, ParameterTwice, ParameterWrong, GrantTypeMissing,
    GrantTypeUnsupported, CredentialsTwice, CredentialsMissing.
    """
    asked = _TOKEN_REQUEST.read(body, content_type)
    if not asked.grant_type:
        raise GrantTypeMissing
    if asked.grant_type != CLIENT_CREDENTIALS:
        raise GrantTypeUnsupported(asked.grant_type)
    credentials = parse_credentials(asked, authorization)
    return IssueAccessToken(
        client_id=credentials.client_id,
        client_secret=credentials.client_secret,
        scopes=asked.scope.split() if asked.scope and asked.scope.strip() else None,
    )


def parse_revocation(
    body: bytes, content_type: bytes | None, authorization: bytes | None
) -> RevokeAccessToken:
    """Return which token is to be revoked, and by whom.

    Raises, in this order: BodyMalformed, ParameterTwice, ParameterWrong, CredentialsTwice,
    CredentialsMissing, TokenNotNamed.
    """
    asked = _ABOUT_TOKEN.read(body, content_type)
    credentials = parse_credentials(asked, authorization)
    return RevokeAccessToken(
        client_id=credentials.client_id,
        client_secret=credentials.client_secret,
        token=_named_token(asked),
    )


def parse_introspection(
    body: bytes, content_type: bytes | None, authorization: bytes | None
) -> IntrospectAccessToken:
    """Return which token is asked about, and by whom.

    Raises: what `parse_revocation` raises.
    """
    asked = _ABOUT_TOKEN.read(body, content_type)
    credentials = parse_credentials(asked, authorization)
    return IntrospectAccessToken(
        client_id=credentials.client_id,
        client_secret=credentials.client_secret,
        token=_named_token(asked),
    )


def _named_token(asked: AboutToken) -> Secret:
    if not asked.token:
        raise TokenNotNamed
    return Secret(asked.token)
