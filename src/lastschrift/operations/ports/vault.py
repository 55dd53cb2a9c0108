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

KEYS_KNOWN_AFTER = KEYS_REMEMBERED_FOR + timedelta(seconds=5)
"""How long after a change of keys every server knows of it, if clocks differ by less than 5 s."""

KEYS_SETTLED_AFTER = timedelta(seconds=60)
"""How long after what servers do with keys has changed nothing is on its way of before.

Keys are used for `KEYS_REMEMBERED_FOR` after they were read; what is made with them then waits for
its commit no longer than the rest of this (a store says 503 before).
"""


class KeyPurpose(Enum):
    """What a contract's key is for."""

    DATA = "data"
    FINGERPRINT = "fingerprint"
    HASH = "hash"
    """What is left of a destroyed fingerprint key: it knows idempotency keys again."""


class WrappedKey(Struct, frozen=True, kw_only=True):
    """A contract's key as it is kept: encrypted under a version of the master key.

    From ``active_from`` on every server has it. Before, a data key opens but seals nothing. A
    fingerprint key is used at once, beside the one before; from ``complete_from`` on all accounts
    have a fingerprint under it, and are looked for by that.
    """

    purpose: KeyPurpose
    version: int
    master_version: int
    wrapped: bytes
    active_from: datetime
    complete_from: datetime | None = None


class Fingerprints(Struct, frozen=True, gc=False):
    """An IBAN's fingerprints under the versions that live: at most one is odd, one even.

    Each is 32 bytes that are equal for equal IBANs of a contract, and tell nothing.
    """

    odd: bytes | None
    even: bytes | None


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

    @property
    def fingerprint_versions(self) -> Sequence[int]:
        """The versions under which fingerprints are made: one, or two while the key is turned.

        The first is the one by which accounts are looked for: all have a fingerprint under it.
        """
        ...

    def fingerprints(self, iban: Iban) -> Fingerprints:
        """Return what an account with this IBAN has to have."""
        ...

    def fingerprint(self, iban: Iban) -> tuple[int, bytes]:
        """Return the version by which accounts are looked for, and the fingerprint under it."""
        ...

    @property
    def hash_versions(self) -> Sequence[int]:
        """The versions that may have made hashes that are remembered, the newest first."""
        ...

    def keyed_hash(self, version: int, purpose: str, content: bytes) -> bytes:
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

    def new_key(
        self, contract: ContractId, purpose: KeyPurpose, version: int, active_from: datetime
    ) -> WrappedKey:
        """Make another version of a contract's key."""
        ...

    def hash_key_of(
        self, contract: ContractId, key: WrappedKey, active_from: datetime
    ) -> WrappedKey:
        """Return what of a fingerprint key made hashes; no fingerprints can be made with it."""
        ...

    def rewrap(self, contract: ContractId, key: WrappedKey) -> WrappedKey | None:
        """Encrypt a key anew under the newest master key; None if it is so already."""
        ...
