"""Writing down who did what: one entry for each request that changes something."""

from datetime import datetime
from uuid import UUID

from lastschrift.domain.identity import ClientId, ContractId
from lastschrift.operations.ports import AuditEntry, Ports


def audit_entry(
    ports: Ports,
    action: str,
    *,
    contract_id: ContractId,
    subject_id: UUID,
    client_id: ClientId | None = None,
    at: datetime | None = None,
) -> AuditEntry:
    """Return the entry that a client (or, without one, the command line) did ``action``.

    ``at`` is now unless given.
    """
    return AuditEntry(
        contract_id=contract_id,
        at=at or ports.clock.now(),
        client_id=client_id,
        action=action,
        subject_id=subject_id,
    )
