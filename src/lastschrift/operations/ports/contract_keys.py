"""Turning contracts' keys: keys come and go, and what was sealed under old ones is sealed anew."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.ports.vault import Fingerprints, KeyPurpose, WrappedKey


class SealedIban(Struct, frozen=True):
    """An account's IBAN as it is kept, of a deleted account too; None once it is erased."""

    account: AccountId
    sealed: bytes | None


class KeptFingerprints(Struct, frozen=True):
    """An account's IBAN and fingerprints as they are kept, of a deleted account too."""

    account: AccountId
    sealed: bytes | None
    fingerprints: Fingerprints


class SealedResult(Struct, frozen=True):
    """What an idempotency key was used for, and the sealed id of what came of it."""

    operation: str
    key_hash: bytes
    sealed: bytes


class ContractKeyReader(Protocol):
    """Going through all that is sealed, a few rows at a time."""

    async def sealed_totals(self, contract: ContractId) -> int:
        """Return how many rows with something sealed a contract has."""
        ...

    async def sealed_ibans(
        self, contract: ContractId, after: UUID | None, count: int
    ) -> Sequence[SealedIban]:
        """Return the ``count`` accounts whose ids come next after one, deleted ones too."""
        ...

    async def account_total(self, contract: ContractId) -> int:
        """Return how many accounts a contract has, deleted ones too."""
        ...

    async def kept_fingerprints(
        self, contract: ContractId, after: UUID | None, count: int
    ) -> Sequence[KeptFingerprints]:
        """Return the ``count`` accounts whose ids come next after one, deleted ones too."""
        ...

    async def lacks_fingerprints(self, contract: ContractId, version: int) -> bool:
        """Say whether an account has a fingerprint, but none where those of a version stand."""
        ...

    async def has_fingerprints(self, contract: ContractId, version: int) -> bool:
        """Say whether an account has a fingerprint where those of a version stand."""
        ...

    async def sealed_results(
        self, contract: ContractId, after: tuple[str, bytes] | None, count: int
    ) -> Sequence[SealedResult]:
        """Return the ``count`` uses of keys that come next after one's operation and hash."""
        ...


class ContractKeyWriter(Protocol):
    """Changing keys, and what is sealed under them."""

    async def add_contract_key(self, contract: ContractId, key: WrappedKey) -> None:
        """Keep another version of a key, unless that version is there already."""
        ...

    async def replace_contract_key(self, contract: ContractId, key: WrappedKey) -> None:
        """Take the same version of a key, wrapped anew."""
        ...

    async def complete_contract_key(
        self, contract: ContractId, purpose: KeyPurpose, version: int, complete_from: datetime
    ) -> None:
        """Say since when a version of a key is complete."""
        ...

    async def drop_contract_key(
        self, contract: ContractId, purpose: KeyPurpose, version: int
    ) -> None:
        """Forget a version of a key for good."""
        ...

    async def reseal_ibans(
        self, contract: ContractId, pairs: Sequence[tuple[SealedIban, bytes]]
    ) -> None:
        """Take IBANs sealed anew, each if it is still what it was; else leave what has come."""
        ...

    async def replace_fingerprints(
        self, contract: ContractId, pairs: Sequence[tuple[KeptFingerprints, Fingerprints]]
    ) -> None:
        """Take other fingerprints, each if its IBAN is still what it was."""
        ...

    async def reseal_results(
        self, contract: ContractId, pairs: Sequence[tuple[SealedResult, bytes]]
    ) -> None:
        """Do as `reseal_ibans` for the ids of results."""
        ...
