"""Keeping account numbers secret: what the operations need of the vault."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ContractId


class KeyPurpose(Enum):
    """What a contract's key is for."""

    DATA = "data"
    FINGERPRINT = "fingerprint"


class WrappedKey(Struct, frozen=True, kw_only=True):
    """A contract's key as it is kept: encrypted under a version of the master key."""

    purpose: KeyPurpose
    version: int
    master_version: int
    wrapped: bytes


class ContractKeys(Protocol):
    """A contract's keys, opened."""

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
        """Return a contract's keys if they have been opened before."""
        ...
