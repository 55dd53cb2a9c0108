"""Customers as they lie in the database, made up: names as unevenly spread as real ones are."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from bench.account_numbers import german_ibans
from lastschrift.domain.iban import Iban
from lastschrift.domain.party import Address, Party
from lastschrift.storage.folding import FoldedColumns, folded_columns

PIECE = 10_000
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
_ACCOUNT_FIRST = 1_000_000_000
GAP = timedelta(seconds=150)
"""A million customers came in not quite five years."""

_SURNAMES = "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann".split()
_SYLLABLES = (
    "ba be bi bo da do fe ga ha he ka ko la le ma me mi na ne ra ri sa se so ta ti wa".split()
)
_FORENAMES = "Anna Ben Clara David Emil Frieda Jürgen Lena Max Paul".split()
_TOWNS = "Berlin Dresden Hamburg Köln Leipzig München".split()


Row = tuple[Any, ...]


class StoredCustomer(NamedTuple):
    """What differs from one stored customer to the next."""

    id: UUID
    account: UUID
    iban: Iban
    contact: Party
    folded: FoldedColumns
    created: datetime


def pieces(customers: int) -> Iterator[list[StoredCustomer]]:
    """Yield customers, oldest first, some at a time; the same ones each time."""
    random = Random(20_261_121)  # nothing secret comes of it
    for start in range(0, customers, PIECE):
        numbers = range(start, min(start + PIECE, customers))
        yield [_customer(number, random) for number in numbers]


def _customer(number: int, random: Random) -> StoredCustomer:
    created = FIRST + number * GAP
    contact = _contact(number, random)
    return StoredCustomer(
        id=_id(created, random),
        account=_id(created, random),
        iban=Iban.parse(next(german_ibans(_ACCOUNT_FIRST + number))),
        contact=contact,
        folded=folded_columns(contact),
        created=created,
    )


def _id(created: datetime, random: Random) -> UUID:
    """Return a UUID of version 7 (RFC 9562 §5.7)."""
    milliseconds = int(created.timestamp() * 1000)
    return UUID(
        int=milliseconds << 80
        | 0x7 << 76
        | random.getrandbits(12) << 64
        | 0b10 << 62
        | random.getrandbits(62)
    )


def _contact(number: int, random: Random) -> Party:
    forename, surname = random.choice(_FORENAMES), _surname(random)
    return Party(
        given_name=forename,
        family_name=surname,
        email=f"{forename}.{surname}{number}@example.com",
        phone=f"0049-{number:09}",
        address=Address(
            street="Example Street",
            building_number="6a",
            post_code=f"{number % 99_999:05}",
            town=random.choice(_TOWNS),
            country="DE",
        ),
    )


def _surname(random: Random) -> str:
    """Return one of few frequent names, one time in ten; else one of very many."""
    if random.random() < 0.1:
        return _SURNAMES[int(len(_SURNAMES) * math.pow(random.random(), 2))]
    return "".join(random.choices(_SYLLABLES, k=random.randint(2, 5))).title()
