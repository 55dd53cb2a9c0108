"""Values encrypted so that they open only where they were sealed.

AES-256-GCM with a fresh random nonce each. The place (contract, table, column, row) and the key's
version are authenticated with the value: moved to any other place, it no longer opens. Sealed form:
2 bytes of key version, 12 of nonce, then the ciphertext with its tag of 16.

>>> from uuid import UUID
>>> place = Place(contract=ContractId(UUID(int=1)), table="bank_account", column="iban")
>>> envelope = Envelope(place, {1: bytes(32)})
>>> envelope.open(UUID(int=7), envelope.seal(UUID(int=7), b"secret"))
b'secret'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lastschrift.domain.identity import ContractId
from lastschrift.randomness import RandomSupply
from lastschrift.vault.concealed import Concealed

KEY_BYTES = 32
"""Length of every key here: AES-256, and HMAC-SHA-256 at its full strength."""

NONCE_BYTES = 12
TAG_BYTES = 16
VERSION_BYTES = 2

VERSION_MAX = 2 ** (8 * VERSION_BYTES) - 1
"""The highest version that a key may have."""

SEALS_PER_KEY_MAX = 2**32
"""How often one key may seal with random nonces (NIST SP 800-38D §8.3)."""

_HEADER_BYTES = VERSION_BYTES + NONCE_BYTES

_NONCES = RandomSupply()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which column of which contract sealed values belong to; their row comes with each call."""

    contract: ContractId
    table: str
    column: str


class CannotOpen(Exception):
    """Something sealed does not open: a damaged database, or the wrong key file."""


class SealBroken(CannotOpen):
    """A value was damaged, or sealed in another place or under another key than it says."""

    def __init__(self, contract: ContractId, row: UUID) -> None:
        super().__init__(contract, row)
        self.contract = contract
        self.row = row


class KeyVersionUnknown(CannotOpen):
    """A value was sealed under a version of the contract's key that is not in the key ring."""

    def __init__(self, contract: ContractId, version: int) -> None:
        super().__init__(contract, version)
        self.contract = contract
        self.version = version


class Envelope(Concealed):
    """Seals the values of one column under one key, and opens those of every version.

    The newest one seals, unless ``sealing`` says which.
    """

    __slots__ = ("_contract", "_encrypt", "_keys", "_place", "_version")

    def __init__(self, place: Place, keys: Mapping[int, bytes], sealing: int | None = None) -> None:
        self._contract = place.contract
        self._keys = {
            version: (AESGCM(key), _encoded(place, version)) for version, key in keys.items()
        }
        version = max(keys) if sealing is None else sealing
        cipher, self._place = self._keys[version]
        self._encrypt = cipher.encrypt
        self._version = version.to_bytes(VERSION_BYTES, "big")

    def seal(self, row: UUID, plain: bytes) -> bytes:
        """Encrypt ``plain`` so that it opens only in ``row``; takes about a microsecond."""
        nonce = _NONCES.take(NONCE_BYTES)
        return self._version + nonce + self._encrypt(nonce, plain, self._place + row.bytes)

    def reseal(self, row: UUID, sealed: bytes) -> bytes | None:
        """Encrypt a sealed value anew under the key that seals; None if it is so already.

        Raises: SealBroken, KeyVersionUnknown.
        """
        if sealed[:VERSION_BYTES] == self._version:
            return None
        return self.seal(row, self.open(row, sealed))

    def open(self, row: UUID, sealed: bytes) -> bytes:
        """Decrypt what `seal` made for ``row``.

        Raises: SealBroken (too short), KeyVersionUnknown, SealBroken.
        """
        if len(sealed) < _HEADER_BYTES + TAG_BYTES:
            raise SealBroken(self._contract, row)
        version = int.from_bytes(sealed[:VERSION_BYTES], "big")
        key = self._keys.get(version)
        if key is None:
            raise KeyVersionUnknown(self._contract, version)
        cipher, place = key
        nonce, ciphertext = sealed[VERSION_BYTES:_HEADER_BYTES], sealed[_HEADER_BYTES:]
        try:
            return cipher.decrypt(nonce, ciphertext, place + row.bytes)
        except InvalidTag:
            raise SealBroken(self._contract, row) from None


def _encoded(place: Place, version: int) -> bytes:
    """Write a place and a key's version as bytes that no other pair has.

    A length stands before each name; everything else, the row that follows too, has one length.
    """
    names = (name.encode() for name in (place.table, place.column))
    lengths_and_names = b"".join(bytes([len(name)]) + name for name in names)
    return place.contract.bytes + lengths_and_names + version.to_bytes(VERSION_BYTES, "big")
