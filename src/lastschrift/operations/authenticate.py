"""Finding out whom an access token stands for: one of ours, or one of an outside provider's."""

from lastschrift.domain.access import Principal, Secret
from lastschrift.domain.errors import TokenRefused
from lastschrift.operations.authenticate_user import authenticate_user
from lastschrift.operations.hashing import secret_hash
from lastschrift.operations.ports import Ports


async def authenticate(ports: Ports, token: Secret) -> Principal:
    """Return who a token stands for.

    Raises: TokenRefused: unknown, expired, or its client is revoked; IdentityProviderDown.
    """
    if is_json_web_token(token):
        return await authenticate_user(ports, token)
    now = ports.clock.now()
    principal = await ports.store.read(lambda reader: reader.principal(secret_hash(token), now))
    if principal is None:
        raise TokenRefused
    return principal


def is_json_web_token(token: Secret) -> bool:
    """Whether a token is an outside provider's: it has three parts (RFC 7519 §3), ours have one."""
    return "." in token.reveal()
