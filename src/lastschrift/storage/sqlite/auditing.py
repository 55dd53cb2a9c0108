"""The audit trail of the one that writes: its entries go in with what they tell of.

They are gathered while a round runs, and written down together at its end: one block of the chain
for each contract.
"""

import apsw

from lastschrift.operations.ports import AuditEntry
from lastschrift.storage.chaining import Chain, Heads
from lastschrift.storage.sqlite import batch

_ROWS_MAX = 128


class RoundsTrail:
    """What a round's operations leave in ``audited``, on its way into the trail."""

    def __init__(self, connection: apsw.Connection, audited: list[AuditEntry]) -> None:
        self.heads = Heads()
        self._connection = connection
        self._audited = audited
        self._chain = Chain(self.heads)

    def begin(self) -> None:
        """Begin a round, with nothing to be written down."""
        self._audited.clear()

    def mark(self) -> int:
        """Return a place to which entries can be taken back."""
        return len(self._audited)

    def take_back(self, mark: int) -> None:
        """Forget the entries of an operation that was undone."""
        del self._audited[mark:]

    def write(self) -> None:
        """Write down what is to be committed."""
        if not self._audited:
            return
        block = self._chain.draft(self._audited)
        links = self._chain.close(block)
        for piece in batch.pieces(len(block.entries), _ROWS_MAX):
            some = block.entries[piece]
            sql = batch.add_audit_entries_sql(len(some))
            self._connection.execute(sql, batch.audit_values(some, links[piece]))

    def kept(self) -> None:
        """Take note that the round is committed."""
        self._chain.kept()

    def lost(self) -> None:
        """Go on as another writer: whether the round is committed is not known."""
        self._chain.begin_anew()
