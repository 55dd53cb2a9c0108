"""PACE's ids: a payment method's, a request's, and that of each error that happened.

A payment method's id is the account's own UUID, as the client chose it or as we made it. The others
look like PACE's (docs, "cbgmhslmp1o9or9kh1p0"): 20 symbols of ``0-9a-v``, 96 bits.

>>> parse_payment_method_id("2A1319C3-C136-495D-B59A-47B3246D08AF")
UUID('2a1319c3-c136-495d-b59a-47b3246d08af')
"""

import re
from uuid import UUID

from lastschrift.domain.identity import AccountId
from lastschrift.randomness import RandomSupply

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

_SYMBOLS = b"0123456789abcdefghijklmnopqrstuv"
_SYMBOL_BY_BYTE = bytes(_SYMBOLS[byte & 31] for byte in range(256))
_OCCURRENCE_ID = re.compile(rb"[0-9a-v]{20}")
_RANDOM_SYMBOLS = 19
_LAST_SYMBOL = b"0"
"""19 symbols hold 95 of the 96 bits; the last one is ``0`` or ``g`` for the bit that is left."""

_random = RandomSupply()


def payment_method_id(account: AccountId) -> str:
    """Return the id of a payment method, in lower case."""
    return str(account)


def parse_payment_method_id(text: str) -> AccountId | None:
    """Return which account a payment method's id names; None if it is no UUID in five groups.

    Any UUID will do, the one of zeros too, in either letter case (observed in PACE's framework).
    """
    return AccountId(UUID(text)) if is_uuid(text) else None


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in five groups."""
    return _UUID.fullmatch(text) is not None


def new_occurrence_id() -> bytes:
    """Return a new id for a request, or for an error that happened."""
    return _random.take(_RANDOM_SYMBOLS).translate(_SYMBOL_BY_BYTE) + _LAST_SYMBOL


def request_id(sent: bytes | None) -> bytes:
    """Return the id of a request: the one that the client sent if it is one, else a new one."""
    if sent is not None and _OCCURRENCE_ID.fullmatch(sent):
        return sent
    return new_occurrence_id()
