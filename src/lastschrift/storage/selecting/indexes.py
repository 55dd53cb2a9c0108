"""Which index a statement goes by is decided here, not by the engine.

What narrows most is chosen, by the kind of the comparison; then what the list is sorted by; then
the order of creation. PostgreSQL is told by the index's own condition, as no other index's is said
(docs/decisions/postgres-indexes.md); SQLite is told the name (`storage.sqlite.dialect`).
"""

from collections.abc import Iterator, Sequence

from lastschrift.operations.ports import (
    AllOf,
    Condition,
    Field,
    HasFingerprint,
    HasId,
    HasText,
    InstantBetween,
    Matches,
    Order,
    TextBetween,
)
from lastschrift.storage.selecting.listed import Index, Listed, fingerprint_column
from lastschrift.storage.selecting.patterns import prefix_of


def index_of(listed: Listed, condition: Condition, order: Sequence[Order]) -> Index | None:
    """Return the index that fits; None where a key's own does."""
    found = min(_indexes(listed, condition), default=None, key=_rank)
    if found is not None:
        return found[1]
    sorted_by = order[0].field if order else Field.CREATED
    if sorted_by is Field.ID:
        return None
    return listed.by_text.get(sorted_by, listed.by_creation)


def _rank(found: tuple[int, Index | None]) -> int:
    return found[0]


def _indexes(listed: Listed, condition: Condition) -> Iterator[tuple[int, Index | None]]:
    """Yield what a condition can be found by, each with a rank: what narrows most has the least.

    All of what must hold at once is looked at.
    """
    match condition:
        case AllOf(parts):
            for part in parts:
                yield from _indexes(listed, part)
        case HasId(Field.ID):
            yield 0, None
        case HasId(Field.CUSTOMER):
            yield 1, listed.by_customer
        case HasFingerprint(_, version):
            yield 1, listed.by_fingerprint[fingerprint_column(version)]
        case HasText(field, text) if text and field in listed.by_text:
            yield 2, listed.by_text[field]
        case Matches(field, pattern) if prefix_of(pattern) and field in listed.by_text:
            yield 3, listed.by_text[field]
        case InstantBetween(Field.CREATED, since, until) if since and until:
            yield 4, listed.by_creation
        case TextBetween(field) if field in listed.by_text:
            yield 5, listed.by_text[field]
