"""Going through the whole audit trail, and holding every entry against its chain.

The trail is read in pieces, in the order of its key, while it is written: a chain only grows, and a
block is committed whole, so what is read later fits what was read before. Of a chain no more is
kept in memory than a link and a hash.
"""

import asyncio
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Final
from uuid import UUID

from lastschrift.operations.ports.trail import TrailFault, TrailVerified
from lastschrift.storage.anchors import Anchor
from lastschrift.storage.chaining import (
    Contract,
    Written,
    digest_of,
    first_link,
    written_as_kept,
)
from lastschrift.storage.codec import Row
from lastschrift.storage.installation import Installation
from lastschrift.storage.tables import TABLES, Kind, Table

Observer = Callable[[str, str, int, int], None]
"""Told after each piece what is done, with which table, how many rows are, and of how many."""

ROWS_OF_A_PIECE: Final = 2_000
_FAULTS_TOLD_MAX: Final = 100
_ID_BYTES: Final = 16

_COLUMNS = next(table for table in TABLES if table.name == "audit_entry").columns
_ENTRIES = Table(
    "audit_entry",
    dict.fromkeys(_COLUMNS, Kind.BYTES),  # as they are kept: nothing is translated
    key=("contract_id", "writer", "sequence"),
)

_DIFFERENT = "does not fit its link: entries were changed, taken out, put in or moved"
_OPEN = "has no link: the entries behind it are gone"
_CUT = "is the last there is, an anchor knows of entry {}: the rest is gone"
_GONE = "is known to an anchor, but nothing of its writer is there"
_REWRITTEN = "is another one than an anchor knows: the chain was written anew"


async def verify_trail(
    installation: Installation,
    anchors: Iterable[Anchor],
    observe: Observer,
    *,
    rows_max: int = ROWS_OF_A_PIECE,
) -> TrailVerified:
    """Verify all chains of an installation, ``rows_max`` entries at a time.

    Raises: DatabaseRefused.
    """
    trail = Trail(anchors)
    key: Row | None = None
    async with installation.as_it_is() as tables:
        total = await tables.count(_ENTRIES)
        while rows := await tables.rows_after(_ENTRIES, key, rows_max):
            for row in rows:
                *entry, link = row
                trail.add(written_as_kept(entry), link)
            key = _ENTRIES.key_of(rows[-1])
            observe("verifying", _ENTRIES.name, trail.entries, max(trail.entries, total))
            await asyncio.sleep(0)  # SQLite never waits, and Ctrl-C needs the event loop
    return trail.verified()


class Trail:
    """All entries, one after another in the order of contract, writer and number."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self.entries = 0
        self._anchored: dict[tuple[Contract, bytes], dict[int, bytes]] = {}
        for anchor in anchors:
            of_chain = anchor.contract.bytes, anchor.writer.bytes
            self._anchored.setdefault(of_chain, {})[anchor.sequence] = anchor.link
        self._anchors = sum(map(len, self._anchored.values()))
        self._chains = 0
        self._faults: list[TrailFault] = []
        self._faults_total = 0
        self._chain: _ChainRead | None = None

    def add(self, entry: Written, link: bytes | None) -> None:
        """Take the next entry, and its link if it has one."""
        self.entries += 1
        chain = self._chain
        contract, writer, *_ = entry
        if chain is None or (chain.contract, chain.writer) != (contract, writer):
            chain = self._begin(contract, writer)
        chain.add(entry, link)

    def verified(self) -> TrailVerified:
        """Return what has come out, when all entries are added."""
        self._end()
        for (contract, writer), links in self._anchored.items():
            chain = _ChainRead(contract, writer, {}, self._tell)
            chain.tell(None, max(links), _GONE)
        return TrailVerified(
            entries=self.entries,
            chains=self._chains,
            anchors=self._anchors,
            faults=self._faults,
            faults_total=self._faults_total,
        )

    def _begin(self, contract: Contract, writer: bytes) -> "_ChainRead":
        self._end()
        self._chains += 1
        anchored = self._anchored.pop((contract, writer), {})
        self._chain = _ChainRead(contract, writer, anchored, self._tell)
        return self._chain

    def _end(self) -> None:
        if self._chain is not None:
            self._chain.end()
            self._chain = None

    def _tell(self, fault: TrailFault) -> None:
        self._faults_total += 1
        if len(self._faults) < _FAULTS_TOLD_MAX:
            self._faults.append(fault)


class _ChainRead:
    """One chain, as far as it has been read."""

    def __init__(
        self,
        contract: Contract,
        writer: bytes,
        anchored: dict[int, bytes],
        told: Callable[[TrailFault], None],
    ) -> None:
        self.contract = contract
        self.writer = writer
        self._anchored = anchored
        self._told = told
        self._links = sha256(first_link(contract, writer))
        self._first: int | None = None
        self._last = 0

    def add(self, entry: Written, link: bytes | None) -> None:
        """Take the next entry; with its link the block is whole."""
        _, _, self._last, *_ = entry
        if self._first is None:
            self._first = self._last
        self._links.update(digest_of(entry))
        if link is None:
            return
        anchored = self._anchored.pop(self._last, link)
        if self._links.digest() != link:
            self.tell(self._first, self._last, _DIFFERENT)
        elif anchored != link:
            self.tell(self._first, self._last, _REWRITTEN)
        self._links = sha256(link)
        self._first = None

    def end(self) -> None:
        """Take note that this is all that there is of the chain."""
        if self._first is not None:
            self.tell(self._first, self._last, _OPEN)
        for sequence in self._anchored:
            if sequence > self._last:
                self.tell(None, self._last, _CUT.format(sequence))
            else:
                self.tell(None, sequence, _REWRITTEN)

    def tell(self, first: int | None, last: int, fact: str) -> None:
        """Tell of a block that does not hold."""
        contract, writer = _name_of(self.contract), _name_of(self.writer)
        self._told(TrailFault(contract=contract, writer=writer, first=first, last=last, fact=fact))


def _name_of(kept: bytes) -> UUID:
    """Return the id that stands there; one that was spoiled gets a name, too."""
    return UUID(bytes=kept[:_ID_BYTES].ljust(_ID_BYTES, b"\0"))
