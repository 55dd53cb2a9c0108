"""Giving a client another secret; the old one is refused from now on."""

from lastschrift.domain.access import Secret
from lastschrift.domain.errors import ClientUnknown
from lastschrift.domain.identity import ClientId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.hashing import secret_hash
from lastschrift.operations.ports import Ports, Transaction


async def rotate_client_secret(ports: Ports, client_id: ClientId) -> Secret:
    """Draw a new secret for a client and return it, to be told once.

    Tokens issued on the old secret stay good until they expire.

    Raises: ClientUnknown.
    """
    secret = ports.ids.new_client_secret()

    async def operation(transaction: Transaction) -> None:
        found = await transaction.client(client_id)
        if found is None:
            raise ClientUnknown
        await transaction.replace_secret(client_id, secret_hash(secret))
        entry = audit_entry(
            ports,
            "client.secret_rotated",
            contract_id=found.contract_id,
            subject_id=client_id,
        )
        await transaction.add_audit_entries([entry])

    await ports.store.write(operation)
    return secret
