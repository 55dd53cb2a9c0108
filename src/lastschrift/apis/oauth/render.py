"""From an issued token to the answer of the token endpoint."""

import msgspec

from lastschrift.apis.oauth.models import TokenResponse
from lastschrift.operations.issue_access_token import IssuedToken
from lastschrift.web.http import Response


def render_token(issued: IssuedToken) -> Response:
    """Return the four documented members in their order (seed "Get Token", section Response)."""
    body = TokenResponse(
        access_token=issued.token.reveal(),
        expires_in=issued.lifetime_s,
        token_type="bearer",  # noqa: S106  # the type's name, no secret
        scope=" ".join(issued.scopes),
    )
    return Response(200, msgspec.json.encode(body))
