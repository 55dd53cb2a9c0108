"""The audit trail: who did what to which objects, when, and from where."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.identity import ClientId, ContractId, DebtorId


class Caller(Struct, frozen=True, kw_only=True, gc=False):
    """Who has something done, and from where.

    ``client_id`` is None on the command line. ``debtor_id`` is the payer that a token speaks for.
    ``source`` is the address that a request came from; for a command, the user who gave it and the
    machine, ``anna@db1``. It is empty where nobody knows.
    """

    client_id: ClientId | None = None
    debtor_id: DebtorId | None = None
    source: str = ""


class AuditEntry(Struct, frozen=True, kw_only=True, gc=False):
    """Who did what to which object, when, and from where; `Caller` says who and from where.

    What is about several objects, as reading a list is, has ``further_subjects``.
    """

    contract_id: ContractId
    at: datetime
    client_id: ClientId | None
    action: str
    subject_id: UUID
    debtor_id: DebtorId | None = None
    source: str = ""
    further_subjects: Sequence[UUID] = ()


class AuditWriter(Protocol):
    """Writing the audit trail."""

    async def add_audit_entries(self, entries: Sequence[AuditEntry]) -> None:
        """Write down who did what."""
        ...
