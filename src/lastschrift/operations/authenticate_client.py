"""Finding out whether somebody is the client that they say they are."""

import hashlib
import hmac

from lastschrift.domain.access import Client, Secret
from lastschrift.domain.errors import CredentialsRefused
from lastschrift.domain.identity import ClientId
from lastschrift.operations.hashing import secret_hash
from lastschrift.operations.ports import Ports, Reader

_NO_CLIENT_HASH = hashlib.sha256(b"no client has this secret").digest()


async def authenticate_client(
    ports: Ports, client_id: ClientId | None, client_secret: Secret
) -> Client:
    """Return the client; a wrong id and a wrong secret take the same way, and the same time.

    ``client_id`` None: what was sent can't be a client's id.

    Raises: CredentialsRefused.
    """
    key = client_id or ClientId(ports.ids.new_id())
    shown = secret_hash(client_secret)
    client = await ports.store.read(lambda reader: _client_with(reader, key, shown))
    if client is None or client.revoked is not None:
        raise CredentialsRefused
    return client


async def _client_with(reader: Reader, client_id: ClientId, shown: bytes) -> Client | None:
    """Return the client if its secret has this hash; nothing else of it is read before."""
    expected = await reader.secret_hash(client_id, _NO_CLIENT_HASH)
    return await reader.client(client_id) if hmac.compare_digest(shown, expected) else None
