"""Listing OAuth clients, for whoever runs the server."""

from collections.abc import Sequence

from lastschrift.domain.access import Client
from lastschrift.operations.ports import Ports


async def list_clients(ports: Ports) -> Sequence[Client]:
    """Return the clients of all contracts, oldest first."""
    return await ports.store.scan(lambda reader: reader.clients())
