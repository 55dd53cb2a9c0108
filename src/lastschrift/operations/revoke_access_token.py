"""Revoking an access token for the client that it was given to (RFC 7009)."""

from msgspec import Struct

from lastschrift.domain.access import Secret
from lastschrift.domain.identity import ClientId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.authenticate_client import authenticate_client
from lastschrift.operations.hashing import secret_hash
from lastschrift.operations.ports import Ports, Transaction


class RevokeAccessToken(Struct, frozen=True, kw_only=True):
    """Credentials, and the token to be revoked.

    ``client_id`` None: what was sent can't be a client's id.
    """

    client_id: ClientId | None
    client_secret: Secret
    token: Secret


async def revoke_access_token(ports: Ports, command: RevokeAccessToken) -> None:
    """Refuse a token from now on; one that is not the client's own stays as it is.

    Whether there was such a token is not told: nobody learns of another client's.

    Raises: CredentialsRefused; Unavailable.
    """
    client = await authenticate_client(ports, command.client_id, command.client_secret)
    audit = audit_entry(
        ports,
        "token.revoked",
        contract_id=client.contract_id,
        client_id=client.id,
        subject_id=client.id,
    )

    async def operation(transaction: Transaction) -> None:
        if await transaction.revoke_access_token(
            client.contract_id, client.id, secret_hash(command.token)
        ):
            await transaction.add_audit_entries([audit])

    await ports.store.write(operation)
