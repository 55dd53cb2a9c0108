"""Bank accounts in SQL."""

from collections.abc import Sequence
from datetime import datetime

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import DomainError
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.operations.ports import (
    Condition,
    Fingerprints,
    KeyedBankAccount,
    LockedBankAccount,
    NewBankAccount,
    Page,
    SealedBankAccount,
    Search,
    Stretch,
)
from lastschrift.storage.folding import folded_column
from lastschrift.storage.selecting import BANK_ACCOUNTS, count_of, page_of, stretch_of
from lastschrift.storage.statements import bank_accounts
from lastschrift.storage.transaction.engine import SqlPart
from lastschrift.storage.transaction.many_keyed import add_what_is_new, used_keys


class BankAccountSqlReader(SqlPart):
    """`operations.ports.BankAccountReader` over an engine."""

    async def bank_account(
        self, contract: ContractId, account: AccountId
    ) -> SealedBankAccount | None:
        rows = await self._engine.fetch(
            bank_accounts.BANK_ACCOUNT, self._codec.put_id(contract), self._codec.put_id(account)
        )
        return self._rows.bank_account(rows[0]) if rows else None

    async def readable_bank_account(
        self, contract: ContractId, account: AccountId
    ) -> SealedBankAccount | None:
        rows = await self._engine.fetch(
            bank_accounts.READABLE_BANK_ACCOUNT,
            self._codec.put_id(contract),
            self._codec.put_id(account),
        )
        return self._rows.bank_account(rows[0]) if rows else None

    async def bank_accounts(
        self, contract: ContractId, search: Search
    ) -> Sequence[SealedBankAccount]:
        rows = await self._engine.search(page_of(BANK_ACCOUNTS, self._codec, contract, search))
        return [self._rows.bank_account(row) for row in rows]

    async def bank_accounts_next(
        self, contract: ContractId, stretch: Stretch
    ) -> Sequence[SealedBankAccount]:
        rows = await self._engine.search(stretch_of(BANK_ACCOUNTS, self._codec, contract, stretch))
        return [self._rows.bank_account(row) for row in rows]

    async def count_bank_accounts(
        self, contract: ContractId, condition: Condition, most: int | None
    ) -> int:
        ((total,),) = await self._engine.search(
            count_of(BANK_ACCOUNTS, self._codec, contract, condition, most)
        )
        return int(total)

    async def count_bank_accounts_gone(
        self, contract: ContractId, since: datetime, created_before: datetime
    ) -> int:
        ((gone,),) = await self._engine.fetch(
            bank_accounts.BANK_ACCOUNTS_GONE,
            self._codec.put_id(contract),
            self._codec.put_instant(since),
            self._codec.put_instant(created_before),
        )
        return int(gone)

    async def bank_accounts_of(
        self, contract: ContractId, debtor: DebtorId
    ) -> Sequence[SealedBankAccount]:
        rows = await self._engine.fetch(
            bank_accounts.BANK_ACCOUNTS_OF, self._codec.put_id(contract), self._codec.put_id(debtor)
        )
        return [self._rows.bank_account(row) for row in rows]

    async def some_bank_accounts_of(
        self, contract: ContractId, debtor: DebtorRef, page: Page, *, valid_at: datetime | None
    ) -> Sequence[SealedBankAccount]:
        rows = await self._engine.fetch(
            _for_kind(
                debtor,
                customer=bank_accounts.SOME_BANK_ACCOUNTS_OF_CUSTOMER,
                identity=bank_accounts.SOME_BANK_ACCOUNTS_OF_IDENTITY,
            ),
            self._codec.put_id(contract),
            self._codec.put_id(debtor.id),
            page.count,
            page.offset,
            None if valid_at is None else self._codec.put_instant(valid_at),
        )
        return [self._rows.bank_account(row) for row in rows]


class BankAccountSqlWriter(BankAccountSqlReader):
    """`operations.ports.BankAccountWriter` over an engine."""

    async def add_bank_accounts(self, accounts: Sequence[NewBankAccount]) -> Sequence[int]:
        return await self._engine.add_bank_accounts(accounts)

    async def add_keyed_bank_accounts(self, keyed: Sequence[KeyedBankAccount]) -> Sequence[int]:
        return await add_what_is_new(keyed, self._engine.add_all_keyed, self._in_the_way)

    async def _in_the_way(self, keyed: Sequence[KeyedBankAccount]) -> set[int]:
        """Return the places of those that can't be kept as things are."""
        reasons = await self._engine.why_left_out([each.new for each in keyed])
        in_the_way = {place for place, reason in enumerate(reasons) if reason is not None}
        return in_the_way | await used_keys(self._engine, [each.use for each in keyed])

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

    async def delete_bank_accounts_of(
        self, contract: ContractId, debtor: DebtorId, now: datetime
    ) -> Sequence[AccountId]:
        rows = await self._engine.fetch(
            bank_accounts.DELETE_BANK_ACCOUNTS_OF,
            self._codec.put_id(contract),
            self._codec.put_id(debtor),
            self._codec.put_instant(now),
        )
        return [AccountId(self._codec.get_id(key)) for (key,) in rows]

    async def lock_removable_bank_accounts_of(
        self, contract: ContractId, debtor: DebtorRef, client: ClientId, rows_max: int
    ) -> Sequence[AccountId]:
        rows = await self._engine.fetch(
            _for_kind(
                debtor,
                customer=bank_accounts.LOCK_REMOVABLE_BANK_ACCOUNTS_OF_CUSTOMER,
                identity=bank_accounts.LOCK_REMOVABLE_BANK_ACCOUNTS_OF_IDENTITY,
            ),
            self._codec.put_id(contract),
            self._codec.put_id(debtor.id),
            self._codec.put_id(client),
            rows_max,
        )
        return [AccountId(self._codec.get_id(key)) for (key,) in rows]

    async def lock_bank_account(
        self, contract: ContractId, account: AccountId
    ) -> LockedBankAccount | None:
        rows = await self._engine.fetch(
            bank_accounts.LOCK_BANK_ACCOUNT,
            self._codec.put_id(contract),
            self._codec.put_id(account),
        )
        found = await self.readable_bank_account(contract, account) if rows else None
        return None if found is None else LockedBankAccount(found, Fingerprints(*rows[0]))

    async def bank_account_with(
        self, contract: ContractId, debtor: DebtorId, fingerprints: Fingerprints
    ) -> AccountId | None:
        rows = await self._engine.fetch(
            bank_accounts.BANK_ACCOUNT_WITH,
            self._codec.put_id(contract),
            self._codec.put_id(debtor),
            fingerprints.odd,
            fingerprints.even,
        )
        return AccountId(self._codec.get_id(rows[0][0])) if rows else None

    async def update_bank_account(
        self, account: BankAccount, sealed_iban: bytes, fingerprints: Fingerprints
    ) -> None:
        await self._engine.fetch(
            bank_accounts.UPDATE_BANK_ACCOUNT,
            self._codec.put_id(account.contract_id),
            self._codec.put_id(account.id),
            None if account.debtor is None else self._codec.put_id(account.debtor.id),
            fingerprints.odd,
            sealed_iban,
            account.iban_country,
            account.iban_last_four,
            account.bic,
            account.bank_name,
            account.owner,
            None if account.updated is None else self._codec.put_instant(account.updated),
            folded_column(account.owner),
            fingerprints.even,
        )

    async def update_account_usage(self, account: BankAccount) -> None:
        authorisation = account.authorisation
        await self._engine.fetch(
            bank_accounts.UPDATE_ACCOUNT_USAGE,
            self._codec.put_id(account.contract_id),
            self._codec.put_id(account.id),
            account.alias,
            None if account.expiry is None else self._codec.put_instant(account.expiry),
            self._codec.put_json(authorisation) if authorisation else None,
            None if account.updated is None else self._codec.put_instant(account.updated),
        )

    async def assign_bank_account(
        self, contract: ContractId, account: AccountId, debtor: DebtorId | None, now: datetime
    ) -> None:
        await self._engine.fetch(
            bank_accounts.ASSIGN_BANK_ACCOUNT,
            self._codec.put_id(contract),
            self._codec.put_id(account),
            None if debtor is None else self._codec.put_id(debtor),
            self._codec.put_instant(now),
        )

    async def archive_bank_account(
        self, contract: ContractId, account: AccountId, now: datetime
    ) -> None:
        await self._engine.fetch(
            bank_accounts.ARCHIVE_BANK_ACCOUNT,
            self._codec.put_id(contract),
            self._codec.put_id(account),
            self._codec.put_instant(now),
        )


def _for_kind(debtor: DebtorRef, *, customer: str, identity: str) -> str:
    """Return the statement for a debtor: a customer has few accounts, another one any number."""
    return customer if debtor.kind is DebtorKind.CUSTOMER else identity
