"""Turning contracts' keys in SQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.ports import (
    Fingerprints,
    KeptFingerprints,
    KeyPurpose,
    SealedIban,
    SealedResult,
    WrappedKey,
)
from lastschrift.storage.codec import Row
from lastschrift.storage.statements import contract_keys
from lastschrift.storage.transaction.engine import SqlPart

_LAST_ID = UUID(int=2**128 - 1)
_BEFORE_ALL_RESULTS = ("", b"")


class ContractKeySqlReader(SqlPart):
    """`operations.ports.ContractKeyReader` over an engine."""

    async def sealed_totals(self, contract: ContractId) -> int:
        key = self._codec.put_id(contract)
        ((results,),) = await self._engine.fetch(contract_keys.SEALED_RESULTS_TOTAL, key)
        return await self.account_total(contract) + int(results)

    async def account_total(self, contract: ContractId) -> int:
        key = self._codec.put_id(contract)
        ((accounts,),) = await self._engine.fetch(contract_keys.ACCOUNT_TOTAL, key)
        return int(accounts)

    async def sealed_ibans(
        self, contract: ContractId, after: UUID | None, count: int
    ) -> Sequence[SealedIban]:
        rows = await self._accounts_after(contract_keys.SEALED_IBANS, contract, after, count)
        return [SealedIban(AccountId(self._codec.get_id(key)), sealed) for key, sealed in rows]

    async def kept_fingerprints(
        self, contract: ContractId, after: UUID | None, count: int
    ) -> Sequence[KeptFingerprints]:
        rows = await self._accounts_after(contract_keys.KEPT_FINGERPRINTS, contract, after, count)
        return [
            KeptFingerprints(
                AccountId(self._codec.get_id(key)), sealed, Fingerprints(odd=odd, even=even)
            )
            for key, sealed, odd, even in rows
        ]

    async def _accounts_after(
        self, statement: str, contract: ContractId, after: UUID | None, count: int
    ) -> Sequence[Row]:
        if after == _LAST_ID:
            return ()
        first = UUID(int=0 if after is None else after.int + 1)  # a client may have chosen zeros
        return await self._engine.fetch(
            statement, self._codec.put_id(contract), self._codec.put_id(first), count
        )

    async def lacks_fingerprints(self, contract: ContractId, version: int) -> bool:
        statement = contract_keys.LACKS_ODD if version % 2 else contract_keys.LACKS_EVEN
        return bool(await self._engine.fetch(statement, self._codec.put_id(contract)))

    async def has_fingerprints(self, contract: ContractId, version: int) -> bool:
        statement = contract_keys.HAS_ODD if version % 2 else contract_keys.HAS_EVEN
        return bool(await self._engine.fetch(statement, self._codec.put_id(contract)))

    async def sealed_results(
        self, contract: ContractId, after: tuple[str, bytes] | None, count: int
    ) -> Sequence[SealedResult]:
        rows = await self._engine.fetch(
            contract_keys.SEALED_RESULTS,
            self._codec.put_id(contract),
            *(after or _BEFORE_ALL_RESULTS),
            count,
        )
        return [SealedResult(*row) for row in rows]


class ContractKeySqlWriter(SqlPart):
    """`operations.ports.ContractKeyWriter` over an engine."""

    async def add_contract_key(self, contract: ContractId, key: WrappedKey) -> None:
        await self._engine.fetch(
            contract_keys.ADD_CONTRACT_KEY,
            self._codec.put_id(contract),
            key.purpose.value,
            key.version,
            key.master_version,
            key.wrapped,
            self._codec.put_instant(key.active_from),
            None if key.complete_from is None else self._codec.put_instant(key.complete_from),
        )

    async def replace_contract_key(self, contract: ContractId, key: WrappedKey) -> None:
        await self._engine.fetch(
            contract_keys.REPLACE_CONTRACT_KEY,
            self._codec.put_id(contract),
            key.purpose.value,
            key.version,
            key.master_version,
            key.wrapped,
        )

    async def complete_contract_key(
        self, contract: ContractId, purpose: KeyPurpose, version: int, complete_from: datetime
    ) -> None:
        await self._engine.fetch(
            contract_keys.COMPLETE_CONTRACT_KEY,
            self._codec.put_id(contract),
            purpose.value,
            version,
            self._codec.put_instant(complete_from),
        )

    async def drop_contract_key(
        self, contract: ContractId, purpose: KeyPurpose, version: int
    ) -> None:
        await self._engine.fetch(
            contract_keys.DROP_CONTRACT_KEY,
            self._codec.put_id(contract),
            purpose.value,
            version,
        )

    async def reseal_ibans(
        self, contract: ContractId, pairs: Sequence[tuple[SealedIban, bytes]]
    ) -> None:
        of_contract = self._codec.put_id(contract)
        rows = [
            (of_contract, self._codec.put_id(old.account), old.sealed, sealed)
            for old, sealed in pairs
        ]
        await self._engine.change_each(contract_keys.RESEAL_IBAN, rows)

    async def replace_fingerprints(
        self, contract: ContractId, pairs: Sequence[tuple[KeptFingerprints, Fingerprints]]
    ) -> None:
        of_contract = self._codec.put_id(contract)
        rows = [
            (of_contract, self._codec.put_id(old.account), old.sealed, due.odd, due.even)
            for old, due in pairs
        ]
        await self._engine.change_each(contract_keys.REPLACE_FINGERPRINTS, rows)

    async def reseal_results(
        self, contract: ContractId, pairs: Sequence[tuple[SealedResult, bytes]]
    ) -> None:
        of_contract = self._codec.put_id(contract)
        rows = [
            (of_contract, old.operation, old.key_hash, old.sealed, sealed) for old, sealed in pairs
        ]
        await self._engine.change_each(contract_keys.RESEAL_RESULT, rows)
