"""Telling a client what an access token of its contract is good for (RFC 7662)."""

from msgspec import Struct

from lastschrift.domain.access import AccessToken, Secret
from lastschrift.domain.identity import ClientId
from lastschrift.operations.authenticate_client import authenticate_client
from lastschrift.operations.hashing import secret_hash
from lastschrift.operations.ports import Ports


class IntrospectAccessToken(Struct, frozen=True, kw_only=True):
    """Credentials, and the token that is asked about.

    ``client_id`` None: what was sent can't be a client's id.
    """

    client_id: ClientId | None
    client_secret: Secret
    token: Secret


async def introspect_access_token(
    ports: Ports, command: IntrospectAccessToken
) -> AccessToken | None:
    """Return what is known of a token; None if it is not good, or another contract's.

    Raises: CredentialsRefused; Unavailable.
    """
    client = await authenticate_client(ports, command.client_id, command.client_secret)
    now = ports.clock.now()
    token_hash = secret_hash(command.token)
    return await ports.store.read(
        lambda reader: reader.access_token(client.contract_id, token_hash, now)
    )
