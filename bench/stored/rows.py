"""Accounts as they lie in the database, made up: of real shape, but no key opens them."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

ACCOUNTS_PER_DEBTOR = 10
PIECE = 10_000

_FINGERPRINT_BYTES = 32
_SEALED_BYTES = 52  # 2 of key version, 12 of nonce, 22 of a German IBAN, 16 of tag
_FIRST_MS = 1_700_000_000_000  # November 2023: all are older than what the bench registers
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class StoredAccount(NamedTuple):
    """What differs from one stored account to the next."""

    id: UUID
    debtor: UUID
    fingerprint: bytes
    sealed: bytes
    created: datetime


def debtor_ids(accounts: int) -> list[UUID]:
    """Return the ids of the debtors that hold so many accounts."""
    return [_id_of(number, kind=1) for number in range(max(1, accounts // ACCOUNTS_PER_DEBTOR))]


def pieces(accounts: int) -> Iterator[list[StoredAccount]]:
    """Yield all accounts, in pieces; those of one debtor were registered at different times."""
    debtors = debtor_ids(accounts)
    for start in range(0, accounts, PIECE):
        size = min(PIECE, accounts - start)
        noise = os.urandom(size * (_FINGERPRINT_BYTES + _SEALED_BYTES))
        yield [
            _account(start + place, debtors[(start + place) % len(debtors)], noise, place)
            for place in range(size)
        ]


def _account(number: int, debtor: UUID, noise: bytes, place: int) -> StoredAccount:
    begin = place * (_FINGERPRINT_BYTES + _SEALED_BYTES)
    middle = begin + _FINGERPRINT_BYTES
    return StoredAccount(
        id=_id_of(number, kind=2),
        debtor=debtor,
        fingerprint=noise[begin:middle],
        sealed=noise[middle : middle + _SEALED_BYTES],
        created=_EPOCH + timedelta(milliseconds=_FIRST_MS + number),
    )


def _id_of(number: int, *, kind: int) -> UUID:
    """Return an id of version 7 with its time, and nothing random in it."""
    return UUID(int=_FIRST_MS + number << 80 | 0x7 << 76 | kind << 64 | 0b10 << 62 | number)
