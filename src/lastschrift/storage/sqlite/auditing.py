"""The audit trail of the one that writes: its entries go in with what they tell of.

They are gathered while a round runs, and written down together at its end: one block of the chain
for each contract.
"""

from collections.abc import Sequence

import apsw

from lastschrift.operations.ports import AuditEntry
from lastschrift.storage.chaining import Chain, Heads, Written
from lastschrift.storage.sqlite import batch


class RoundsTrail:
    """What a round's operations leave to be written down, on its way into the trail."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.heads = Heads()
        self._connection = connection
        self._chain = Chain(self.heads)

    def draft(
        self, audited: Sequence[AuditEntry]
    ) -> tuple[Sequence[Written], Sequence[bytes | None]]:
        """Return the entries of a round as they are to be written down, and the links of each."""
        block = self._chain.draft(audited)
        return block.entries, self._chain.close(block)

    def write(self, audited: Sequence[AuditEntry]) -> None:
        """Write down what is to be committed."""
        entries, links = self.draft(audited)
        for piece in batch.pieces(len(entries), batch.ROWS_MAX):
            sql = batch.add_audit_entries_sql(piece.stop - piece.start)
            self._connection.execute(sql, batch.audit_values(entries[piece], links[piece]))

    def undo(self) -> None:
        """Take back what was drafted of the round: none of it was committed."""
        self._chain.undo()

    def kept(self) -> None:
        """Take note that the round is committed."""
        self._chain.kept()

    def lost(self) -> None:
        """Go on as another writer: whether the round is committed is not known."""
        self._chain.begin_anew()
