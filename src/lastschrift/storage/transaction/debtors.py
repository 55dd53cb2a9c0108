"""Debtors in SQL."""

from collections.abc import Sequence
from datetime import datetime

from lastschrift.domain.debtor import Debtor, DebtorRef
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.operations.ports import Condition, KeyedDebtor, NewDebtor, Search, Stretch
from lastschrift.storage.debtor_rows import debtor_row, folded_row
from lastschrift.storage.selecting import CUSTOMERS, count_of, page_of, stretch_of
from lastschrift.storage.statements import debtors
from lastschrift.storage.transaction.engine import SqlPart
from lastschrift.storage.transaction.many_keyed import add_what_is_new, used_keys


class DebtorSqlReader(SqlPart):
    """`operations.ports.DebtorReader` over an engine."""

    async def customer(self, contract: ContractId, debtor: DebtorId) -> Debtor | None:
        rows = await self._engine.fetch(
            debtors.CUSTOMER, self._codec.put_id(contract), self._codec.put_id(debtor)
        )
        return self._rows.debtor(rows[0]) if rows else None

    async def customers(self, contract: ContractId, search: Search) -> Sequence[Debtor]:
        rows = await self._engine.search(page_of(CUSTOMERS, self._codec, contract, search))
        return [self._rows.debtor(row) for row in rows]

    async def customers_next(self, contract: ContractId, stretch: Stretch) -> Sequence[Debtor]:
        rows = await self._engine.search(stretch_of(CUSTOMERS, self._codec, contract, stretch))
        return [self._rows.debtor(row) for row in rows]

    async def count_customers(
        self, contract: ContractId, condition: Condition, most: int | None
    ) -> int:
        ((total,),) = await self._engine.search(
            count_of(CUSTOMERS, self._codec, contract, condition, most)
        )
        return int(total)

    async def count_customers_gone(
        self, contract: ContractId, since: datetime, created_before: datetime
    ) -> int:
        ((gone,),) = await self._engine.fetch(
            debtors.CUSTOMERS_GONE,
            self._codec.put_id(contract),
            self._codec.put_instant(since),
            self._codec.put_instant(created_before),
        )
        return int(gone)


class DebtorSqlWriter(SqlPart):
    """`operations.ports.DebtorWriter` over an engine."""

    async def add_debtor(self, debtor: Debtor) -> None:
        await self._engine.fetch(debtors.ADD_DEBTOR, *debtor_row(self._codec, debtor))

    async def add_debtors(self, debtors: Sequence[NewDebtor]) -> None:
        await self._engine.add_debtors(debtors)

    async def add_keyed_debtors(self, keyed: Sequence[KeyedDebtor]) -> Sequence[int]:
        return await add_what_is_new(
            keyed, self._engine.add_all_keyed_debtors, self._claimed_before
        )

    async def _claimed_before(self, keyed: Sequence[KeyedDebtor]) -> set[int]:
        """Return the places of those whose keys can't be claimed as things are."""
        return await used_keys(self._engine, [each.use for each in keyed])

    async def lock_customer(self, contract: ContractId, debtor: DebtorId) -> Debtor | None:
        rows = await self._engine.fetch(
            debtors.LOCK_CUSTOMER, self._codec.put_id(contract), self._codec.put_id(debtor)
        )
        return self._rows.debtor(rows[0]) if rows else None

    async def lock_debtor(self, contract: ContractId, debtor: DebtorRef) -> bool:
        rows = await self._engine.fetch(
            debtors.LOCK_DEBTOR,
            self._codec.put_id(contract),
            self._codec.put_id(debtor.id),
            debtor.kind,
        )
        return bool(rows)

    async def update_debtor(self, debtor: Debtor) -> None:
        await self._engine.fetch(
            debtors.UPDATE_DEBTOR,
            self._codec.put_id(debtor.contract_id),
            self._codec.put_id(debtor.id),
            self._codec.put_json(debtor.contact),
            None if debtor.updated is None else self._codec.put_instant(debtor.updated),
            *folded_row(self._codec, debtor.contact),
        )

    async def delete_debtor(self, contract: ContractId, debtor: DebtorId, now: datetime) -> None:
        await self._engine.fetch(
            debtors.DELETE_DEBTOR,
            self._codec.put_id(contract),
            self._codec.put_id(debtor),
            self._codec.put_instant(now),
        )
