"""Turning contracts' keys in SQL."""

from collections.abc import Sequence
from uuid import UUID

from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.ports import KeyPurpose, SealedIban, SealedResult, WrappedKey
from lastschrift.storage.statements import contract_keys
from lastschrift.storage.transaction.engine import SqlPart

_LAST_ID = UUID(int=2**128 - 1)
_BEFORE_ALL_RESULTS = ("", b"")


class ContractKeySqlReader(SqlPart):
    """`operations.ports.ContractKeyReader` over an engine."""

    async def sealed_totals(self, contract: ContractId) -> int:
        key = self._codec.put_id(contract)
        ((ibans,),) = await self._engine.fetch(contract_keys.SEALED_IBANS_TOTAL, key)
        ((results,),) = await self._engine.fetch(contract_keys.SEALED_RESULTS_TOTAL, key)
        return int(ibans) + int(results)

    async def sealed_ibans(
        self, contract: ContractId, after: UUID | None, count: int
    ) -> Sequence[SealedIban]:
        if after == _LAST_ID:
            return ()
        first = UUID(int=0 if after is None else after.int + 1)  # a client may have chosen zeros
        rows = await self._engine.fetch(
            contract_keys.SEALED_IBANS,
            self._codec.put_id(contract),
            self._codec.put_id(first),
            count,
        )
        return [SealedIban(AccountId(self._codec.get_id(key)), sealed) for key, sealed in rows]

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

    async def drop_contract_key(
        self, contract: ContractId, purpose: KeyPurpose, version: int
    ) -> None:
        await self._engine.fetch(
            contract_keys.DROP_CONTRACT_KEY,
            self._codec.put_id(contract),
            purpose.value,
            version,
        )

    async def reseal_iban(self, contract: ContractId, old: SealedIban, sealed: bytes) -> None:
        await self._engine.fetch(
            contract_keys.RESEAL_IBAN,
            self._codec.put_id(contract),
            self._codec.put_id(old.account),
            old.sealed,
            sealed,
        )

    async def reseal_result(self, contract: ContractId, old: SealedResult, sealed: bytes) -> None:
        await self._engine.fetch(
            contract_keys.RESEAL_RESULT,
            self._codec.put_id(contract),
            old.operation,
            old.key_hash,
            old.sealed,
            sealed,
        )
