"""Reader and Transaction in SQL: what the operations ask for, said to an engine.

An engine brings `Engine.fetch` for single statements, and a text of its own for the two that work
on many rows at once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from lastschrift.domain.access import Client, Contract, Principal
from lastschrift.domain.debtor import Debtor
from lastschrift.domain.errors import DomainError
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.operations.ports import (
    AuditEntry,
    ClientCredentials,
    KeyUse,
    Listing,
    NewBankAccount,
    Page,
    SealedBankAccount,
    WrappedKey,
)
from lastschrift.storage import statements
from lastschrift.storage.codec import Codec, Row, Value
from lastschrift.storage.rows import Rows


class Engine(Protocol):
    """One connection of a database, as far as SQL differs between engines."""

    codec: Codec

    async def fetch(self, statement: str, *arguments: Value) -> Sequence[Row]:
        """Run one of `storage.statements`; return all its rows, none left in a cursor."""
        ...

    async def add_bank_accounts(self, accounts: Sequence[NewBankAccount]) -> Sequence[int]:
        """As `Transaction.add_bank_accounts`: audit entries too, in as few statements as can be."""
        ...

    async def why_left_out(
        self, accounts: Sequence[NewBankAccount]
    ) -> Sequence[DomainError | None]:
        """As `Transaction.why_left_out`, in one statement."""
        ...

    async def add_audit_entries(self, entries: Sequence[AuditEntry]) -> None:
        """As `Transaction.add_audit_entries`, in one statement."""
        ...


class SqlReader:
    """`operations.ports.Reader` over an engine's connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._codec = engine.codec
        self._rows = Rows(engine.codec)

    async def wrapped_keys(self, contract: ContractId) -> Sequence[WrappedKey]:
        rows = await self._engine.fetch(statements.WRAPPED_KEYS, self._codec.put_id(contract))
        return [self._rows.wrapped_key(row) for row in rows]

    async def principal(self, token_hash: bytes, now: datetime) -> Principal | None:
        rows = await self._engine.fetch(
            statements.PRINCIPAL, token_hash, self._codec.put_instant(now)
        )
        return self._rows.principal(rows[0]) if rows else None

    async def credentials(self, client: ClientId) -> ClientCredentials | None:
        rows = await self._engine.fetch(statements.CREDENTIALS, self._codec.put_id(client))
        if not rows:
            return None
        return ClientCredentials(self._rows.client(rows[0]), secret_hash=rows[0][7])

    async def contract(self, contract: ContractId) -> Contract | None:
        rows = await self._engine.fetch(statements.CONTRACT, self._codec.put_id(contract))
        return self._rows.contract(rows[0]) if rows else None

    async def contracts(self) -> Sequence[Contract]:
        return [self._rows.contract(row) for row in await self._engine.fetch(statements.CONTRACTS)]

    async def clients(self) -> Sequence[Client]:
        return [self._rows.client(row) for row in await self._engine.fetch(statements.CLIENTS)]

    async def customer(self, contract: ContractId, debtor: DebtorId) -> Debtor | None:
        rows = await self._engine.fetch(
            statements.CUSTOMER, self._codec.put_id(contract), self._codec.put_id(debtor)
        )
        return self._rows.debtor(rows[0]) if rows else None

    async def customers(self, contract: ContractId, page: Page) -> Listing[Debtor]:
        key = self._codec.put_id(contract)
        (total,) = (await self._engine.fetch(statements.CUSTOMERS_TOTAL, key))[0]
        rows = await self._engine.fetch(statements.CUSTOMERS, key, page.count, page.offset)
        return Listing(total, [self._rows.debtor(row) for row in rows])

    async def bank_account(
        self, contract: ContractId, account: AccountId
    ) -> SealedBankAccount | None:
        rows = await self._engine.fetch(
            statements.BANK_ACCOUNT, self._codec.put_id(contract), self._codec.put_id(account)
        )
        return self._rows.bank_account(rows[0]) if rows else None

    async def bank_accounts(self, contract: ContractId, page: Page) -> Listing[SealedBankAccount]:
        key = self._codec.put_id(contract)
        (total,) = (await self._engine.fetch(statements.BANK_ACCOUNTS_TOTAL, key))[0]
        rows = await self._engine.fetch(statements.BANK_ACCOUNTS, key, page.count, page.offset)
        return Listing(total, [self._rows.bank_account(row) for row in rows])

    async def bank_accounts_of(
        self, contract: ContractId, debtor: DebtorId
    ) -> Sequence[SealedBankAccount]:
        rows = await self._engine.fetch(
            statements.BANK_ACCOUNTS_OF, self._codec.put_id(contract), self._codec.put_id(debtor)
        )
        return [self._rows.bank_account(row) for row in rows]


class SqlTransaction(SqlReader):
    """`operations.ports.Transaction` over an engine's connection."""

    async def add_contract(self, contract: Contract, keys: Sequence[WrappedKey]) -> None:
        key = self._codec.put_id(contract.id)
        created = self._codec.put_instant(contract.created)
        await self._engine.fetch(statements.ADD_CONTRACT, key, contract.name, created)
        for wrapped in keys:
            await self._engine.fetch(
                statements.ADD_CONTRACT_KEY,
                key,
                wrapped.purpose.value,
                wrapped.version,
                wrapped.master_version,
                wrapped.wrapped,
            )

    async def add_client(self, client: Client, secret_hash: bytes) -> None:
        await self._engine.fetch(
            statements.ADD_CLIENT,
            self._codec.put_id(client.id),
            self._codec.put_id(client.contract_id),
            client.name,
            secret_hash,
            " ".join(client.scopes),
            None if client.identity is None else self._codec.put_id(client.identity),
            self._codec.put_instant(client.created),
        )

    async def revoke_client(self, client: ClientId, now: datetime) -> None:
        await self._engine.fetch(
            statements.REVOKE_CLIENT, self._codec.put_id(client), self._codec.put_instant(now)
        )

    async def replace_secret(self, client: ClientId, secret_hash: bytes) -> None:
        await self._engine.fetch(statements.REPLACE_SECRET, self._codec.put_id(client), secret_hash)

    async def add_access_token(
        self, token_hash: bytes, principal: Principal, issued: datetime
    ) -> None:
        await self._engine.fetch(
            statements.ADD_ACCESS_TOKEN,
            token_hash,
            self._codec.put_id(principal.contract_id),
            self._codec.put_id(principal.client_id),
            " ".join(sorted(principal.scopes)),
            self._codec.put_instant(issued),
            self._codec.put_instant(principal.expires),
        )

    async def drop_expired_tokens(self, now: datetime, rows_max: int) -> int:
        rows = await self._engine.fetch(
            statements.DROP_EXPIRED_TOKENS, self._codec.put_instant(now), rows_max
        )
        return len(rows)

    async def add_debtor(self, debtor: Debtor) -> None:
        await self._engine.fetch(
            statements.ADD_DEBTOR,
            self._codec.put_id(debtor.contract_id),
            self._codec.put_id(debtor.id),
            debtor.kind.value,
            self._codec.put_json(debtor.contact),
            self._codec.put_instant(debtor.created),
        )

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
            statements.DELETE_BANK_ACCOUNT,
            self._codec.put_id(contract),
            self._codec.put_id(account),
            self._codec.put_instant(now),
        )

    async def add_audit_entries(self, entries: Sequence[AuditEntry]) -> None:
        await self._engine.add_audit_entries(entries)

    async def claim_key(self, use: KeyUse) -> KeyUse | None:
        claimed = await self._engine.fetch(
            statements.CLAIM_KEY,
            *self._key_of(use),
            use.command_hash,
            use.result_sealed,
            self._codec.put_instant(use.created),
            self._codec.put_instant(use.expires),
        )
        if claimed:
            return None
        (row,) = await self._engine.fetch(statements.KEY_USE, *self._key_of(use))
        return self._rows.key_use(row)

    async def release_key(self, use: KeyUse) -> None:
        await self._engine.fetch(statements.RELEASE_KEY, *self._key_of(use))

    async def drop_expired_keys(self, contract: ContractId, now: datetime, rows_max: int) -> int:
        rows = await self._engine.fetch(
            statements.DROP_EXPIRED_KEYS,
            self._codec.put_id(contract),
            self._codec.put_instant(now),
            rows_max,
        )
        return len(rows)

    def _key_of(self, use: KeyUse) -> tuple[Value, ...]:
        return self._codec.put_id(use.contract_id), use.operation, use.key_hash
