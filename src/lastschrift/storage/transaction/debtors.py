"""Debtors in SQL."""

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.operations.ports import Listing, Page
from lastschrift.storage.statements import debtors
from lastschrift.storage.transaction.engine import SqlPart


class DebtorSqlReader(SqlPart):
    """`operations.ports.DebtorReader` over an engine."""

    async def customer(self, contract: ContractId, debtor: DebtorId) -> Debtor | None:
        rows = await self._engine.fetch(
            debtors.CUSTOMER, self._codec.put_id(contract), self._codec.put_id(debtor)
        )
        return self._rows.debtor(rows[0]) if rows else None

    async def customers(self, contract: ContractId, page: Page) -> Listing[Debtor]:
        key = self._codec.put_id(contract)
        (total,) = (await self._engine.fetch(debtors.CUSTOMERS_TOTAL, key))[0]
        rows = await self._engine.fetch(debtors.CUSTOMERS, key, page.count, page.offset)
        return Listing(total, [self._rows.debtor(row) for row in rows])


class DebtorSqlWriter(SqlPart):
    """`operations.ports.DebtorWriter` over an engine."""

    async def add_debtor(self, debtor: Debtor) -> None:
        await self._engine.fetch(
            debtors.ADD_DEBTOR,
            self._codec.put_id(debtor.contract_id),
            self._codec.put_id(debtor.id),
            debtor.kind.value,
            self._codec.put_json(debtor.contact),
            self._codec.put_instant(debtor.created),
        )
