"""What things are called inside: one UUID each, typed by what it names.

Every object has a UUID of version 7 made by us (RFC 9562 §5.7), or the UUID that a PACE client
chose for its payment method. Its key is (contract, id): a chosen id can't collide across tenants.
"""

from typing import NewType
from uuid import UUID, SafeUUID

_OCTETS = 16
_set = object.__setattr__  # a UUID refuses to be changed, even to be made


class Key(UUID):
    """A UUID with its 16 bytes at hand: each registration asks for them several times.

    It equals every UUID of the same bytes. Raises ValueError if they are not 16.

    >>> Key(bytes(16)) == UUID(int=0)
    True
    """

    __slots__ = ("bytes",)  # which UUID makes anew each time
    is_safe = SafeUUID.unknown  # type: ignore[misc]  # as each made so says of itself

    def __init__(self, octets: bytes) -> None:
        if len(octets) != _OCTETS:
            raise ValueError("a UUID has 16 bytes")
        _set(self, "int", int.from_bytes(octets))
        _set(self, "bytes", octets)

    def __reduce__(self) -> tuple[type["Key"], tuple[bytes]]:
        return Key, (self.bytes,)


ContractId = NewType("ContractId", UUID)
"""A tenant: the merchant, association or platform whose payers these are."""

ClientId = NewType("ClientId", UUID)
"""An OAuth client of one contract; its 32 hex digits are the wire's ``client_id``."""

DebtorId = NewType("DebtorId", UUID)
"""A payer: secuconnect's customer, or the user that a PACE token speaks for."""

AccountId = NewType("AccountId", UUID)
"""A bank account: secuconnect's container, PACE's payment method."""
