"""secuconnect's ids: three letters, an underscore, 30 symbols; a pure function of our UUIDs.

The 30 symbols are 150 bits: the UUID's 128, and 22 that are the same in all ids. Anything else is
an unknown id. Alphabet and length are observed (38 public ids), the rest is ours.
"""

from functools import lru_cache
from typing import Final
from uuid import UUID

from lastschrift.domain.identity import AccountId, ContractId, DebtorId, Key
from lastschrift.web.symbols import Symbols

_ALPHABET: Final = "023456789ABCDEFGHJKMNPQRSTUVWXYZ"
_SYMBOLS: Final = Symbols(_ALPHABET)
_LENGTH = 30
_FIXED_BITS = 22
_FIXED = 0x2A5B0A
"""Any 22 bits would do."""

CUSTOMER: Final = "PCU_"
CONTAINER: Final = "PCT_"
CONTRACT: Final = "PCR_"
"""What ids of each kind begin with."""

_REMEMBERED_MAX = 4096
"""Ids of contracts and of customers come again, mostly soon after the first time."""


def customer_id(debtor: DebtorId) -> str:
    """Return the id of a customer."""
    return _remembered(CUSTOMER, debtor.bytes)


def container_id(account: AccountId) -> str:
    """Return the id of a payment container."""
    return CONTAINER + _write(account)


def contract_id(contract: ContractId) -> str:
    """Return the id of a payment contract."""
    return _remembered(CONTRACT, contract.bytes)


@lru_cache(maxsize=_REMEMBERED_MAX)
def _remembered(prefix: str, octets: bytes) -> str:
    """Return an id; the bytes of a UUID are compared sooner than the UUID."""
    return prefix + _write(Key(octets))


def parse_customer_id(text: str) -> DebtorId | None:
    """Return which debtor a customer's id names; None if it is no such id."""
    has_their_length = len(text) == len(CUSTOMER) + _LENGTH
    return _parse_customer_id(text) if has_their_length else None


@lru_cache(maxsize=_REMEMBERED_MAX)
def _parse_customer_id(text: str) -> DebtorId | None:
    """Read an id of the right length: texts of other lengths would fill the memory."""
    key = _read(CUSTOMER, text)
    return None if key is None else DebtorId(key)


def parse_container_id(text: str) -> AccountId | None:
    """Return which account a container's id names; None if it is no such id."""
    key = _read(CONTAINER, text)
    return None if key is None else AccountId(key)


def parse_contract_id(text: str) -> ContractId | None:
    """Return which contract a contract's id names; None if it is no such id."""
    key = _read(CONTRACT, text)
    return None if key is None else ContractId(key)


def id_pattern(prefix: str) -> str:
    """Return the regular expression of ids of this kind, for the API's description."""
    return f"^{prefix}[{_ALPHABET}]{{{_LENGTH}}}$"


def _write(key: UUID) -> str:
    return _SYMBOLS.write_thirty(key.int << _FIXED_BITS | _FIXED)


def _read(prefix: str, text: str) -> UUID | None:
    symbols = text[len(prefix) :]
    if not text.startswith(prefix) or len(symbols) != _LENGTH:
        return None
    try:
        number = _SYMBOLS.read(symbols)
    except ValueError:
        return None
    if number & ((1 << _FIXED_BITS) - 1) != _FIXED:
        return None
    return Key((number >> _FIXED_BITS).to_bytes(16, "big"))
