"""POST /oauth/token: client credentials against a bearer token."""

import hmac
import secrets
from datetime import timedelta
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from bench.conventional.access import hash_of
from bench.conventional.database import Session, commit
from bench.conventional.errors import TokenRefused
from bench.conventional.models import AccessToken, Client, utc_now
from bench.wires import PACE_SCOPE, SECUCONNECT_SCOPE

LIFETIME_S = 1200
SCOPES_ALLOWED = frozenset({SECUCONNECT_SCOPE, PACE_SCOPE})
TOKEN_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
TOKEN_SYMBOLS = 26
UNKNOWN_HASH = bytes(32)

router = APIRouter()


class TokenAnswer(BaseModel):
    """The four documented keys, in the documented order."""

    access_token: str
    expires_in: int = LIFETIME_S
    token_type: str = "bearer"
    scope: str


@router.post("/oauth/token")
async def create_token(request: Request, session: Session) -> TokenAnswer:
    """Issue a token to a client that knows its secret.

    Raises: TokenRefused.
    """
    form = dict(parse_qsl((await request.body()).decode()))
    if form.get("grant_type") != "client_credentials":
        raise TokenRefused("unsupported_grant_type", "Grant type not supported")
    client = await session.get(Client, form.get("client_id", ""))
    secret_hash = client.secret_hash if client else UNKNOWN_HASH
    is_known = hmac.compare_digest(secret_hash, hash_of(form.get("client_secret", "")))
    if client is None or not is_known:
        raise TokenRefused("invalid_client", "The client credentials are invalid")
    scope = form.get("scope", SECUCONNECT_SCOPE)
    if not SCOPES_ALLOWED.issuperset(scope.split()):
        raise TokenRefused("invalid_scope", "The scope is not allowed to the client")
    return await issue(session, client, scope)


async def issue(session: Session, client: Client, scope: str) -> TokenAnswer:
    """Keep a new token by its hash and return the one look at it."""
    token = "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(TOKEN_SYMBOLS))
    expires_at = utc_now() + timedelta(seconds=LIFETIME_S)
    session.add(
        AccessToken(hash=hash_of(token), client_id=client.id, scope=scope, expires_at=expires_at)
    )
    await commit(session)
    return TokenAnswer(access_token=token, scope=scope)


def render_refused(error: TokenRefused) -> JSONResponse:
    """Return the token endpoint's own two-key error."""
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, status_code=400)
