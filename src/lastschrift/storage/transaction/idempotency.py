"""Idempotency keys in SQL."""

from datetime import datetime

from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import KeyUse
from lastschrift.storage.codec import Value
from lastschrift.storage.statements import idempotency
from lastschrift.storage.transaction.engine import SqlPart


class KeySqlWriter(SqlPart):
    """`operations.ports.KeyWriter` over an engine."""

    async def claim_key(self, use: KeyUse) -> KeyUse | None:
        claimed = await self._engine.fetch(
            idempotency.CLAIM_KEY,
            *self._key_of(use),
            use.command_hash,
            use.result_sealed,
            self._codec.put_instant(use.created),
            self._codec.put_instant(use.expires),
        )
        if claimed:
            return None
        (row,) = await self._engine.fetch(idempotency.KEY_USE, *self._key_of(use))
        return self._rows.key_use(row)

    async def key_use(
        self, contract: ContractId, operation: str, key_hash: bytes, now: datetime
    ) -> KeyUse | None:
        rows = await self._engine.fetch(
            idempotency.LIVE_KEY_USE,
            self._codec.put_id(contract),
            operation,
            key_hash,
            self._codec.put_instant(now),
        )
        return self._rows.key_use(rows[0]) if rows else None

    async def has_key_uses(self, contract: ContractId, before: datetime, now: datetime) -> bool:
        rows = await self._engine.fetch(
            idempotency.HAS_KEY_USES,
            self._codec.put_id(contract),
            self._codec.put_instant(before),
            self._codec.put_instant(now),
        )
        return bool(rows)

    async def release_key(self, use: KeyUse) -> None:
        await self._engine.fetch(idempotency.RELEASE_KEY, *self._key_of(use))

    async def drop_expired_keys(self, contract: ContractId, now: datetime, rows_max: int) -> int:
        rows = await self._engine.fetch(
            idempotency.DROP_EXPIRED_KEYS,
            self._codec.put_id(contract),
            self._codec.put_instant(now),
            rows_max,
        )
        return len(rows)

    def _key_of(self, use: KeyUse) -> tuple[Value, ...]:
        return self._codec.put_id(use.contract_id), use.operation, use.key_hash
