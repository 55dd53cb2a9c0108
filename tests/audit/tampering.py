"""What can be done to an audit trail by somebody who may write the database: one change each.

Each function takes the rows of a trail, in the order of their key, and returns others.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID

from lastschrift.storage.chaining import digest_of, first_link, next_link, written_as_kept
from tests.audit.trails import COLUMNS, KEY, LINK, Row

Tamper = Callable[[Random, Sequence[Row]], list[Row]]

_SEQUENCE = COLUMNS.index("sequence")


def edit(random: Random, rows: Sequence[Row]) -> list[Row]:
    """Change one value of one entry."""
    place = random.randrange(len(rows))
    column = random.randrange(KEY, len(COLUMNS))
    return _with(rows, place, column, _another(random, rows[place], column))


def renumber(random: Random, rows: Sequence[Row]) -> list[Row]:
    """Give an entry another number."""
    place = random.randrange(len(rows))
    number = random.choice(_free_numbers(rows, rows[place]))
    return _sorted([*rows[:place], _numbered(rows[place], number), *rows[place + 1 :]])


def delete(random: Random, rows: Sequence[Row]) -> list[Row]:
    """Take out an entry that is not the whole end of its chain."""
    first, last = random.choice([block for block in blocks(rows) if not _is_tail(rows, block)])
    gone = random.randrange(first, last)
    return [row for place, row in enumerate(rows) if place != gone]


def delete_a_block(random: Random, rows: Sequence[Row]) -> list[Row]:
    """Take out all that was committed together, but for the end of a chain."""
    first, last = random.choice([block for block in blocks(rows) if not _ends_chain(rows, block)])
    return [*rows[:first], *rows[last:]]


def insert(random: Random, rows: Sequence[Row]) -> list[Row]:
    """Put in an entry between two, as one that has always been there."""
    row = random.choice(rows)
    return _sorted([*rows, _numbered(row, random.choice(_free_numbers(rows, row)))])


def insert_at_the_end(random: Random, rows: Sequence[Row]) -> list[Row]:
    """Put in an entry behind all of a chain, with a link or without one."""
    row = random.choice(rows)
    end = max(other[_SEQUENCE] for other in rows if _chain(other) == _chain(row))
    return _sorted([*rows, _numbered(row, end + 1)])


def reorder(random: Random, rows: Sequence[Row]) -> list[Row]:
    """Let two entries of a chain change places."""
    chain = random.choice([chain for chain in chains(rows) if chain[1] - chain[0] > 1])
    one, other = random.sample(range(*chain), 2)
    changed = list(rows)
    changed[one] = (*rows[one][:KEY], *rows[other][KEY:LINK], rows[one][LINK])
    changed[other] = (*rows[other][:KEY], *rows[one][KEY:LINK], rows[other][LINK])
    return changed


def move(random: Random, rows: Sequence[Row]) -> list[Row]:
    """Say that an entry is another contract's."""
    place = random.randrange(len(rows))
    others = [row[0] for row in rows if row[0] != rows[place][0]]
    moved = (random.choice(others), *rows[place][1:])
    return _sorted([*rows[:place], moved, *rows[place + 1 :]])


FOUND_BY_LINKS: Sequence[Tamper] = (
    edit,
    renumber,
    delete,
    delete_a_block,
    insert,
    insert_at_the_end,
    reorder,
    move,
)


def cut(random: Random, rows: Sequence[Row]) -> list[Row]:
    """Cut off the end of a chain, between two blocks, or a whole one."""
    first, last = random.choice(chains(rows))
    from_there = random.choice([block for block in blocks(rows) if first <= block[0] < last])
    return [*rows[: from_there[0]], *rows[last:]]


def rewrite(random: Random, rows: Sequence[Row]) -> list[Row]:
    """Change something, and make all links anew that come after it."""
    return relinked(random.choice((edit_but_links, delete))(random, rows))


def edit_but_links(random: Random, rows: Sequence[Row]) -> list[Row]:
    """Change one value of one entry, but its link."""
    place, column = random.randrange(len(rows)), random.randrange(KEY, LINK)
    return _with(rows, place, column, _another(random, rows[place], column))


FOUND_BY_ANCHORS: Sequence[Tamper] = (cut, rewrite)


def relinked(rows: Sequence[Row]) -> list[Row]:
    """Make all links anew, as one would who knows how; the last of a chain gets one."""
    linked: list[Row] = []
    for first, last in chains(rows):
        contract, writer, *_ = written_as_kept(rows[first][:LINK])
        link, digests = first_link(contract, writer), list[bytes]()
        for place in range(first, last):
            digests.append(digest_of(written_as_kept(rows[place][:LINK])))
            if rows[place][LINK] is None and place + 1 < last:
                linked.append(rows[place])
                continue
            link, digests = next_link(link, digests), []
            linked.append((*rows[place][:LINK], link))
    return linked


# --- rows -----------------------------------------------------------------------------------------


def chains(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Return where each chain begins, and where it is over."""
    found, first = [], 0
    for _, its in groupby(rows, _chain):
        last = first + len(list(its))
        found.append((first, last))
        first = last
    return found


def blocks(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Return where each block begins, and where it is over."""
    found, first = [], 0
    for place, row in enumerate(rows):
        if row[LINK] is not None:
            found.append((first, place + 1))
            first = place + 1
    return found


def _chain(row: Row) -> Row:
    return row[: KEY - 1]


def _ends_chain(rows: Sequence[Row], block: tuple[int, int]) -> bool:
    return block[1] in {last for _, last in chains(rows)}


def _is_tail(rows: Sequence[Row], block: tuple[int, int]) -> bool:
    """Whether a block is one entry at the end of a chain: to take it out is to cut the chain."""
    return block[1] - block[0] == 1 and _ends_chain(rows, block)


def _free_numbers(rows: Sequence[Row], row: Row) -> Sequence[int]:
    """Return numbers that no entry of a row's chain has, up to its last one's."""
    taken = {other[_SEQUENCE] for other in rows if _chain(other) == _chain(row)}
    return sorted(set(range(max(taken))) - taken)


def _with(rows: Sequence[Row], place: int, column: int, value: Any) -> list[Row]:  # noqa: ANN401  # of any column
    row = rows[place]
    return [*rows[:place], (*row[:column], value, *row[column + 1 :]), *rows[place + 1 :]]


def _numbered(row: Row, sequence: int) -> Row:
    return (*row[:_SEQUENCE], sequence, *row[_SEQUENCE + 1 :])


def _sorted(rows: Any) -> list[Row]:  # noqa: ANN401  # rows, in any order
    return sorted(rows, key=lambda row: row[:KEY])


def _flipped(random: Random, value: bytes) -> bytes:
    if not value:
        return bytes(16)
    place = random.randrange(len(value))
    return value[:place] + bytes([value[place] ^ 1 << random.randrange(8)]) + value[place + 1 :]


_MADE: Mapping[type, Callable[[Random, Any], Any]] = {
    int: lambda random, value: value + random.choice((-1, 1)),
    str: lambda random, value: value + random.choice("ab "),
    datetime: lambda random, value: value + timedelta(microseconds=random.choice((-1, 1))),
    UUID: lambda random, value: UUID(int=value.int ^ 1 << random.randrange(128)),
    bytes: _flipped,
}


def _another(random: Random, row: Row, column: int) -> Any:  # noqa: ANN401  # of any column
    """Return what is not what stands there; what may be missing may go, or come."""
    value = row[column]
    if value is None:
        return bytes(32) if column == LINK else row[0]
    if COLUMNS[column] in _OPTIONAL and random.random() < 0.5:
        return None
    return _MADE[type(value)](random, value)


_OPTIONAL = {"client_id", "debtor_id", "link"}
