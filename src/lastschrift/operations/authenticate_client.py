"""Finding out whether somebody is the client that they say they are."""

import hashlib
import hmac

from lastschrift.domain.access import Client, Secret
from lastschrift.domain.errors import CredentialsRefused
from lastschrift.domain.identity import ClientId
from lastschrift.operations.hashing import secret_hash
from lastschrift.operations.ports import Ports

_NO_CLIENT_HASH = hashlib.sha256(b"no client has this secret").digest()


async def authenticate_client(
    ports: Ports, client_id: ClientId | None, client_secret: Secret
) -> Client:
    """Return the client; a wrong id, a wrong secret and a revoked client take the same way.

    ``client_id`` None: what was sent can't be a client's id.

    Raises: CredentialsRefused.
    """
    key = client_id or ClientId(ports.ids.new_id())
    found = await ports.store.read(lambda reader: reader.credentials(key))
    expected = _NO_CLIENT_HASH if found is None else found.secret_hash
    is_right = hmac.compare_digest(secret_hash(client_secret), expected)
    if found is None or not is_right or found.client.revoked is not None:
        raise CredentialsRefused
    return found.client
