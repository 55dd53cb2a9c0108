"""Bank accounts in SQL."""

from collections.abc import Sequence
from datetime import datetime

from lastschrift.domain.errors import DomainError
from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from lastschrift.operations.ports import Listing, NewBankAccount, Page, SealedBankAccount
from lastschrift.storage.statements import bank_accounts
from lastschrift.storage.transaction.engine import SqlPart


class BankAccountSqlReader(SqlPart):
    """`operations.ports.BankAccountReader` over an engine."""

    async def bank_account(
        self, contract: ContractId, account: AccountId
    ) -> SealedBankAccount | None:
        rows = await self._engine.fetch(
            bank_accounts.BANK_ACCOUNT, self._codec.put_id(contract), self._codec.put_id(account)
        )
        return self._rows.bank_account(rows[0]) if rows else None

    async def bank_accounts(self, contract: ContractId, page: Page) -> Listing[SealedBankAccount]:
        key = self._codec.put_id(contract)
        (total,) = (await self._engine.fetch(bank_accounts.BANK_ACCOUNTS_TOTAL, key))[0]
        rows = await self._engine.fetch(bank_accounts.BANK_ACCOUNTS, key, page.count, page.offset)
        return Listing(total, [self._rows.bank_account(row) for row in rows])

    async def bank_accounts_of(
        self, contract: ContractId, debtor: DebtorId
    ) -> Sequence[SealedBankAccount]:
        rows = await self._engine.fetch(
            bank_accounts.BANK_ACCOUNTS_OF, self._codec.put_id(contract), self._codec.put_id(debtor)
        )
        return [self._rows.bank_account(row) for row in rows]


class BankAccountSqlWriter(SqlPart):
    """`operations.ports.BankAccountWriter` over an engine."""

    async def add_bank_accounts(self, accounts: Sequence[NewBankAccount]) -> Sequence[int]:
        return await self._engine.add_bank_accounts(accounts)

    async def why_left_out(
        self, accounts: Sequence[NewBankAccount]
    ) -> Sequence[DomainError | None]:
        return await self._engine.why_left_out(accounts)

    async def delete_bank_account(
        self, contract: ContractId, account: AccountId, now: datetime
    ) -> None:
        await self._engine.fetch(
            bank_accounts.DELETE_BANK_ACCOUNT,
            self._codec.put_id(contract),
            self._codec.put_id(account),
            self._codec.put_instant(now),
        )
