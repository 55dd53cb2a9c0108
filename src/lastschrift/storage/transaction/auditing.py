"""The audit trail in SQL."""

from collections.abc import Sequence

from lastschrift.operations.ports import AuditEntry
from lastschrift.storage.transaction.engine import SqlPart


class AuditSqlWriter(SqlPart):
    """`operations.ports.AuditWriter` over an engine."""

    async def add_audit_entries(self, entries: Sequence[AuditEntry]) -> None:
        await self._engine.add_audit_entries(entries)
