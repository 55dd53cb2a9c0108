"""Finding out whom an access token stands for."""

from lastschrift.domain.access import Principal, Secret
from lastschrift.domain.errors import TokenRefused
from lastschrift.operations.hashing import secret_hash
from lastschrift.operations.ports import Ports


async def authenticate(ports: Ports, token: Secret) -> Principal:
    """Return who a token stands for.

    Raises: TokenRefused: unknown, expired, or its client is revoked.
    """
    now = ports.clock.now()
    principal = await ports.store.read(lambda reader: reader.principal(secret_hash(token), now))
    if principal is None:
        raise TokenRefused
    return principal
