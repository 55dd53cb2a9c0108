"""From a token request to a command: form or JSON, credentials in the body or by HTTP Basic."""

import base64
import binascii
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

from lastschrift.apis.oauth.errors import (
    CredentialsTwice,
    GrantTypeMissing,
    GrantTypeUnsupported,
    ParameterTwice,
    ParameterWrong,
)
from lastschrift.apis.oauth.models import CLIENT_CREDENTIALS, TokenRequest
from lastschrift.domain.access import Secret
from lastschrift.domain.errors import CredentialsMissing
from lastschrift.domain.identity import ClientId
from lastschrift.operations.issue_access_token import IssueAccessToken
from lastschrift.web.errors import BodyMalformed
from lastschrift.web.reading import BodyReader

_BASIC = b"basic "
_FORM_FIELDS_MAX = 50
_JSON = BodyReader(TokenRequest)
_PARAMETERS = frozenset(TokenRequest.__struct_fields__)
_CLIENT_ID_DIGITS = frozenset("0123456789abcdef")


def parse_token_request(
    body: bytes, content_type: bytes | None, authorization: bytes | None
) -> IssueAccessToken:
    """Return what a client asks for.

    Raises, in this order: BodyMalformed, ParameterTwice, ParameterWrong, GrantTypeMissing,
    GrantTypeUnsupported, CredentialsTwice, CredentialsMissing.
    """
    asked = _read_json(body) if _is_json(content_type, body) else _read_form(body)
    if not asked.grant_type:
        raise GrantTypeMissing
    if asked.grant_type != CLIENT_CREDENTIALS:
        raise GrantTypeUnsupported(asked.grant_type)
    client_id, secret = _credentials(asked, authorization)
    return IssueAccessToken(
        client_id=_parse_client_id(client_id),
        client_secret=Secret(secret),
        scopes=asked.scope.split() if asked.scope and asked.scope.strip() else None,
    )


def _is_json(content_type: bytes | None, body: bytes) -> bool:
    """Whether to read JSON: by what the client says, and without a word by how the body begins."""
    if content_type is None:
        return body.lstrip().startswith(b"{")
    return content_type.split(b";")[0].strip().lower().endswith(b"json")


def _read_json(body: bytes) -> TokenRequest:
    asked, problems = _JSON.read(body)
    if problems:
        raise ParameterWrong
    return asked


def _read_form(body: bytes) -> TokenRequest:
    try:
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FORM_FIELDS_MAX
        )
    except ValueError:
        raise BodyMalformed("the body is no form in UTF-8") from None
    known = [(name, value) for name, value in fields if name in _PARAMETERS]
    asked = dict(known)
    if len(asked) != len(known):
        raise ParameterTwice
    if any("\0" in value for value in asked.values()):
        raise ParameterWrong
    return TokenRequest(**asked)


def _credentials(asked: TokenRequest, authorization: bytes | None) -> tuple[str, str]:
    """Return client id and secret, from the body or the header (RFC 6749 §2.3.1), never both."""
    if authorization is None or not is_basic(authorization):
        if asked.client_id is None or asked.client_secret is None:
            raise CredentialsMissing
        return asked.client_id, asked.client_secret
    if asked.client_id is not None or asked.client_secret is not None:
        raise CredentialsTwice
    return _read_basic(authorization)


def is_basic(authorization: bytes) -> bool:
    """Whether a header brings client credentials; an old bearer token, say, does not."""
    return authorization[: len(_BASIC)].lower() == _BASIC


def _read_basic(authorization: bytes) -> tuple[str, str]:
    try:
        text = base64.b64decode(authorization[len(_BASIC) :].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client_id, _, secret = text.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _parse_client_id(text: str) -> ClientId | None:
    """Return the id, or None if there can't be such a client."""
    if len(text) == 32 and _CLIENT_ID_DIGITS.issuperset(text):
        return ClientId(UUID(hex=text))
    return None
