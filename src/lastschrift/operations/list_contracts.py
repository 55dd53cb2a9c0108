"""Listing contracts, for whoever runs the server."""

from collections.abc import Sequence

from lastschrift.domain.access import Contract
from lastschrift.operations.ports import Ports


async def list_contracts(ports: Ports) -> Sequence[Contract]:
    """Return all contracts, oldest first."""
    return await ports.store.scan(lambda reader: reader.contracts())
