"""The chains of the audit trail: whatever is changed in it afterwards, a link no longer holds.

A writer chains what it writes down for a contract. Entries that are committed together are a block;
the last of them carries the block's link, SHA-256 over the link before it and the digests of the
block's entries in their order. The first link of all rests on nothing but contract and writer. So
no entry can be changed, taken out, put in or moved without a link that differs from there on, and
whoever makes all later links anew is found out by one that was kept elsewhere
(`storage.anchors`).

A digest is SHA-256 over all of an entry, in the form that SQLite holds it, which is the same on
every engine. To compute one takes 1 us; no row waits for the one before it.
"""

from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from struct import Struct
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from lastschrift.operations.ports import AuditEntry
from lastschrift.storage.anchors import Anchor
from lastschrift.storage.codec import Value
from lastschrift.storage.sqlite.codec import put_instant

Contract = bytes
"""A contract's id, as the chains have it."""


Written = tuple[Contract, bytes, int, int, bytes | None, str, bytes, bytes | None, str, bytes]
"""An entry as it is written down, in the order of its columns.

Contract, writer, number, instant (microseconds since 1970 UTC), client, action, subject, debtor,
source, further subjects; ids are 16 bytes, several of them one after another.
"""


class Block(NamedTuple):
    """Entries that get their places in chains, and the digest of each."""

    entries: list[Written]
    digests: list[bytes]


_FIXED = Struct(">qqiiiIII")
"""Number, instant, and the lengths of what varies, so that nothing can pass for another."""

_ABSENT: Final = -1


def digest_of(entry: Written) -> bytes:
    """Return what stands for an entry in its block's link; no two entries have the same."""
    contract, writer, sequence, at, client, action, subject, debtor, source, further = entry
    action_text, source_text = action.encode(), source.encode()
    fixed = _FIXED.pack(
        sequence,
        at,
        len(subject),
        _ABSENT if client is None else len(client),
        _ABSENT if debtor is None else len(debtor),
        len(action_text),
        len(source_text),
        len(further),
    )
    ids = contract, writer, subject, client or b"", debtor or b""
    return sha256(b"".join((fixed, *ids, action_text, source_text, further))).digest()


def first_link(contract: Contract, writer: bytes) -> bytes:
    """Return what a chain begins with."""
    return sha256(b"%d %b %b" % (len(contract), contract, writer)).digest()


def next_link(link: bytes, digests: Iterable[bytes]) -> bytes:
    """Return the link of a block that comes after one with ``link``."""
    return sha256(link + b"".join(digests)).digest()


def written_as_kept(row: Iterable[Value]) -> Written:
    """Return an entry from a row of any engine, as its driver gives it."""
    entry: Written = tuple(map(_as_in_sqlite, row))
    return entry


def _as_in_sqlite(value: Value) -> Value:
    match value:
        case UUID():
            return value.bytes
        case datetime():
            return put_instant(value)
        case _:
            return value


class Head(NamedTuple):
    """Where a chain has come to: its last entry's number, and that one's link."""

    sequence: int
    link: bytes


class Standing(NamedTuple):
    """Under which writer's name a chain goes on, and from which heads."""

    writer: UUID
    heads: dict[Contract, Head]


class Heads:
    """How far the chains of this process have come, as long as nobody was told."""

    def __init__(self) -> None:
        self._moved: dict[tuple[Contract, bytes], Head] = {}

    def note(self, contract: Contract, writer: bytes, head: Head) -> None:
        """Take note of what is committed."""
        self._moved[contract, writer] = head

    def take(self) -> list[Anchor]:
        """Return how far those have come that have moved since they were last asked for."""
        moved, self._moved = self._moved, {}
        return [
            Anchor(UUID(bytes=contract), UUID(bytes=writer), head.sequence, head.link)
            for (contract, writer), head in list(moved.items())
        ]


class Chain:
    """What one writer writes, a chain for each contract. One transaction at a time has it.

    What is drafted counts once it was `kept`. A chain is not gone on with where it is not known
    what was kept of it: its writer is given up then, and another one begins.
    """

    def __init__(self, heads: Heads) -> None:
        self._told = heads
        self._heads: dict[Contract, Head] = {}
        self._drafted: dict[Contract, Head] = {}
        self._next = self._next_kept = 1
        self.begin_anew()

    def begin_anew(self) -> None:
        """Take another writer's name, under which nothing has been written."""
        self.writer = uuid4()
        self._writer = self.writer.bytes
        self._heads, self._drafted = {}, {}

    def standing(self) -> "Standing":
        """Return where it stands, to go on from there again."""
        return Standing(self.writer, self._heads)

    def stand_at(self, standing: "Standing") -> None:
        """Go on from where it stood, as if nobody had begun anew since."""
        self.writer, self._heads = standing
        self._writer, self._drafted = self.writer.bytes, {}

    def draft(self, entries: Sequence[AuditEntry]) -> Block:
        """Give entries the next places."""
        first, self._next = self._next, self._next + len(entries)
        writer = self._writer
        written = [_written(entry, writer, place) for place, entry in enumerate(entries, first)]
        return Block(written, list(map(digest_of, written)))

    def link_of(self, contract: Contract) -> bytes:
        """Return the link that the contract's next block rests on."""
        head = self._drafted.get(contract) or self._heads.get(contract)
        return first_link(contract, self._writer) if head is None else head.link

    def close(self, block: Block, left_out: Container[int] = ()) -> list[bytes | None]:
        """Go on by a block for each contract, without the entries at some places.

        Returns the link of each place; all but the last one of a contract have none.
        """
        digests: dict[Contract, list[bytes]] = {}
        last: dict[Contract, int] = {}
        for place, ((contract, *_), digest) in enumerate(zip(*block, strict=True)):
            if place not in left_out:
                digests.setdefault(contract, []).append(digest)
                last[contract] = place
        links: list[bytes | None] = [None] * len(block.entries)
        for contract, place in last.items():
            link = links[place] = next_link(self.link_of(contract), digests[contract])
            _, _, sequence, *_ = block.entries[place]
            self._drafted[contract] = Head(sequence, link)
        return links

    def kept(self) -> None:
        """Take note that all that was drafted is committed."""
        self._next_kept = self._next
        for contract, head in self._drafted.items():
            self._heads[contract] = head
            self._told.note(contract, self._writer, head)
        self._drafted.clear()

    def undo(self) -> None:
        """Forget what was drafted since it was last `kept`: none of it was committed."""
        self._next = self._next_kept
        self._drafted.clear()


def _written(entry: AuditEntry, writer: bytes, sequence: int) -> Written:
    client, debtor, further = entry.client_id, entry.debtor_id, entry.further_subjects
    return (
        entry.contract_id.bytes,
        writer,
        sequence,
        put_instant(entry.at),
        None if client is None else client.bytes,
        entry.action,
        entry.subject_id.bytes,
        None if debtor is None else debtor.bytes,
        entry.source,
        b"".join([subject.bytes for subject in further]) if further else b"",
    )


class Linking:
    """The links that entries get which were written down without one: a block for each writer."""

    def __init__(self) -> None:
        self._last: tuple[Contract, bytes, int] | None = None
        self._digests = sha256()
        self._links: list[tuple[Contract, bytes, int, bytes]] = []

    def add(self, entry: Written) -> None:
        """Take the next entry, in the order of contract, writer and number."""
        contract, writer, sequence, *_ = entry
        if self._last is None or self._last[:2] != (contract, writer):
            self._end()
            self._digests = sha256(first_link(contract, writer))
        self._digests.update(digest_of(entry))
        self._last = contract, writer, sequence

    def links(self) -> list[tuple[Contract, bytes, int, bytes]]:
        """Return which entries get a link (contract, writer, number), and which."""
        self._end()
        self._last = None
        return self._links

    def _end(self) -> None:
        if self._last is not None:
            self._links.append((*self._last, self._digests.digest()))
