"""Turning contracts' keys: keys come and go, and what was sealed under old ones is sealed anew."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.ports.vault import KeyPurpose, WrappedKey


class SealedIban(Struct, frozen=True):
    """An account's IBAN as it is kept, of a deleted account too; None once it is erased."""

    account: AccountId
    sealed: bytes | None


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

    async def drop_contract_key(
        self, contract: ContractId, purpose: KeyPurpose, version: int
    ) -> None:
        """Forget a version of a key for good."""
        ...

    async def reseal_iban(self, contract: ContractId, old: SealedIban, sealed: bytes) -> None:
        """Take an IBAN sealed anew, if it is still what it was; else leave what has come."""
        ...

    async def reseal_result(self, contract: ContractId, old: SealedResult, sealed: bytes) -> None:
        """Do the same for the id of a result."""
        ...
