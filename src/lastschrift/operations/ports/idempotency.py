"""What idempotency keys were used for."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from lastschrift.domain.identity import ContractId


class KeyUse(Struct, frozen=True, kw_only=True):
    """What an idempotency key was used for; nothing in it is in clear that a client sent.

    ``key_hash`` and ``command_hash`` are keyed hashes, ``result_sealed`` is the encrypted id of
    what came of it. From ``expires`` on the key is as good as new.
    """

    contract_id: ContractId
    operation: str
    key_hash: bytes
    command_hash: bytes
    result_sealed: bytes
    created: datetime
    expires: datetime


class KeyWriter(Protocol):
    """Claiming keys and forgetting them."""

    async def key_use(
        self, contract: ContractId, operation: str, key_hash: bytes, now: datetime
    ) -> KeyUse | None:
        """Return what a key was used for that has not expired; it stays until the COMMIT."""
        ...

    async def claim_key(self, use: KeyUse) -> KeyUse | None:
        """Keep what a key is used for; if it is in use already, return for what, and keep nothing.

        Waits for a transaction that has claimed the same key and is not done yet.
        """
        ...

    async def release_key(self, use: KeyUse) -> None:
        """Forget what `claim_key` kept."""
        ...

    async def has_key_uses(self, contract: ContractId, before: datetime, now: datetime) -> bool:
        """Say whether any key is remembered that was used before an instant."""
        ...

    async def drop_expired_keys(self, contract: ContractId, now: datetime, rows_max: int) -> int:
        """Forget up to ``rows_max`` uses of keys that are past their time; return how many."""
        ...
