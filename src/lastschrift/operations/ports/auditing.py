"""The audit trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.identity import ClientId, ContractId


class AuditEntry(Struct, frozen=True, kw_only=True, gc=False):
    """Who did what to which object, and when; ``client_id`` is None on the command line."""

    contract_id: ContractId
    at: datetime
    client_id: ClientId | None
    action: str
    subject_id: UUID


class AuditWriter(Protocol):
    """Writing the audit trail."""

    async def add_audit_entries(self, entries: Sequence[AuditEntry]) -> None:
        """Write down who did what."""
        ...
