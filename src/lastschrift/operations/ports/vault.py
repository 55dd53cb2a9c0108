"""Keeping account numbers secret: what the operations need of the vault."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ContractId

KEYS_REMEMBERED_FOR = timedelta(seconds=10)
"""How long opened keys may be used before the store is asked again which there are."""


class KeyPurpose(Enum):
    """What a contract's key is for."""

    DATA = "data"
    FINGERPRINT = "fingerprint"


class WrappedKey(Struct, frozen=True, kw_only=True):
    """A contract's key as it is kept: encrypted under a version of the master key.

    Before ``active_from`` it opens but seals nothing, so that every server has it by then.
    """

    purpose: KeyPurpose
    version: int
    master_version: int
    wrapped: bytes
    active_from: datetime


class ContractKeys(Protocol):
    """A contract's keys, opened."""

    @property
    def data_version(self) -> int:
        """The version of the data key that seals."""
        ...

    def reseal_iban(self, account: AccountId, sealed: bytes) -> bytes | None:
        """Encrypt an account's IBAN anew under the key that seals; None if it is so already."""
        ...

    def reseal_result(self, key_hash: bytes, sealed: bytes) -> bytes | None:
        """Do the same for the id of a result."""
        ...

    def seal_iban(self, account: AccountId, iban: Iban) -> bytes:
        """Encrypt an IBAN so that it opens only as this account's."""
        ...

    def open_iban(self, account: AccountId, sealed: bytes) -> Iban:
        """Decrypt what `seal_iban` made for this account."""
        ...

    def fingerprint(self, iban: Iban) -> bytes:
        """Return 32 bytes that are equal for equal IBANs of this contract, and tell nothing."""
        ...

    def keyed_hash(self, purpose: str, content: bytes) -> bytes:
        """Return 32 bytes that are equal for equal contents of one purpose, and tell nothing."""
        ...

    def seal_result(self, key_hash: bytes, result: UUID) -> bytes:
        """Encrypt the id of a result so that it opens only beside this key's hash."""
        ...

    def open_result(self, key_hash: bytes, sealed: bytes) -> UUID:
        """Decrypt what `seal_result` made beside this key's hash."""
        ...


class Vault(Protocol):
    """Keeper of the master key."""

    def new_contract_keys(self, contract: ContractId) -> list[WrappedKey]:
        """Make the keys of a new contract."""
        ...

    def unlock(self, contract: ContractId, keys: Sequence[WrappedKey]) -> ContractKeys:
        """Open a contract's keys, and remember them."""
        ...

    def unlocked(self, contract: ContractId) -> ContractKeys | None:
        """Return a contract's keys if they have been opened in the last `KEYS_REMEMBERED_FOR`."""
        ...

    def forget(self, contract: ContractId) -> None:
        """Have a contract's keys opened anew before they are used again."""
        ...

    def new_data_key(self, contract: ContractId, version: int, active_from: datetime) -> WrappedKey:
        """Make another version of a contract's data key."""
        ...

    def rewrap(self, contract: ContractId, key: WrappedKey) -> WrappedKey | None:
        """Encrypt a key anew under the newest master key; None if it is so already."""
        ...
