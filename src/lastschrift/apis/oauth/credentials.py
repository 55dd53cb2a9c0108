"""A client's credentials: in the body, or by HTTP Basic (RFC 6749 §2.3.1)."""

import base64
import binascii
from typing import Protocol
from urllib.parse import unquote_plus
from uuid import UUID

from msgspec import Struct

from lastschrift.apis.oauth.errors import CredentialsTwice
from lastschrift.domain.access import Secret
from lastschrift.domain.errors import CredentialsMissing
from lastschrift.domain.identity import ClientId

_BASIC = b"basic "
_CLIENT_ID_DIGITS = frozenset("0123456789abcdef")


class Credentials(Struct, frozen=True):
    """What a client shows; ``client_id`` None: what was sent can't be a client's id."""

    client_id: ClientId | None
    client_secret: Secret


class HasCredentials(Protocol):
    """The members of a request's body that may hold credentials."""

    client_id: str | None
    client_secret: str | None


def parse_credentials(sent: HasCredentials, authorization: bytes | None) -> Credentials:
    """Return the credentials from the body or the header, never both.

    Raises, in this order: CredentialsTwice, CredentialsMissing.
    """
    if authorization is None or not is_basic(authorization):
        if sent.client_id is None or sent.client_secret is None:
            raise CredentialsMissing
        return Credentials(_parse_client_id(sent.client_id), Secret(sent.client_secret))
    if sent.client_id is not None or sent.client_secret is not None:
        raise CredentialsTwice
    client_id, secret = _read_basic(authorization)
    return Credentials(_parse_client_id(client_id), Secret(secret))


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
