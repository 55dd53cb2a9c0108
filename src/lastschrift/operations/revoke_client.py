"""Revoking a client: it and its tokens are refused from now on."""

from msgspec.structs import replace

from lastschrift.domain.access import Client
from lastschrift.domain.errors import ClientUnknown
from lastschrift.domain.identity import ClientId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import Ports, Transaction


async def revoke_client(ports: Ports, client_id: ClientId) -> Client:
    """Revoke a client and return it; a second time changes nothing.

    Raises: ClientUnknown.
    """
    now = ports.clock.now()

    async def operation(transaction: Transaction) -> Client:
        client = await transaction.client(client_id)
        if client is None:
            raise ClientUnknown
        if client.revoked is not None:
            return client
        await transaction.revoke_client(client_id, now)
        entry = audit_entry(
            ports, "client.revoked", contract_id=client.contract_id, subject_id=client_id
        )
        await transaction.add_audit_entries([entry])
        return replace(client, revoked=now)

    return await ports.store.write(operation)
