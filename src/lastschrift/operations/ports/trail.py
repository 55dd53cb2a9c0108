"""Looking at the audit trail: what is sought in it, and what checking it has shown."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from lastschrift.operations.ports.auditing import AuditEntry


class SoughtEntries(Struct, frozen=True, kw_only=True):
    """Which entries are sought: all that agree in everything that is named.

    ``debtor`` is the payer that a token spoke for, ``subject`` any object that it was about. From
    ``since`` on, before ``until``; the ``count`` newest.
    """

    contract: UUID | None = None
    client: UUID | None = None
    debtor: UUID | None = None
    action: str | None = None
    subject: UUID | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    count: int = 100


class PlacedEntry(Struct, frozen=True, kw_only=True):
    """An entry, who wrote it down, and its number among that one's."""

    writer: UUID
    sequence: int
    entry: AuditEntry


class TrailFault(Struct, frozen=True, kw_only=True):
    """Where the trail does not hold: in a block of a chain, from one entry to another.

    ``first`` is None where no block is meant, but what stood behind ``last``.
    """

    contract: UUID
    writer: UUID
    first: int | None
    last: int
    fact: str


class TrailVerified(Struct, frozen=True, kw_only=True):
    """What came of going through the trail; ``faults`` are the first of ``faults_total``."""

    entries: int
    chains: int
    anchors: int
    faults: Sequence[TrailFault]
    faults_total: int
