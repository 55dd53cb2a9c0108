"""Erasing in SQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from lastschrift.domain.debtor import DebtorKind
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.ports import (
    AuditEntry,
    AuditPlace,
    ErasureMarks,
    Everything,
    HeldDebtor,
    HiddenAccount,
)
from lastschrift.storage.codec import Row, Value
from lastschrift.storage.statements import erasure, idempotency
from lastschrift.storage.transaction.engine import SqlPart


class ErasureSqlReader(SqlPart):
    """`operations.ports.ErasureReader` over an engine."""

    async def held_debtor(self, contract: ContractId, debtor: DebtorId) -> HeldDebtor | None:
        rows = await self._engine.fetch(erasure.HELD_DEBTOR, *self._place(contract, debtor))
        return self._held_debtor(rows[0]) if rows else None

    def _held_debtor(self, row: Row) -> HeldDebtor:
        key, kind, contact, created, updated, deleted, erased = row
        return HeldDebtor(
            id=DebtorId(self._codec.get_id(key)),
            kind=DebtorKind(kind),
            contact=msgspec.convert(self._codec.get_json(contact), Party),
            created=self._codec.get_instant(created),
            updated=self._instant(updated),
            deleted=self._instant(deleted),
            erased=self._instant(erased),
        )

    async def serves_client(self, contract: ContractId, debtor: DebtorId) -> bool:
        place = self._place(contract, debtor)
        return bool(await self._engine.fetch(erasure.CLIENTS_SERVED, *place))

    async def hidden_accounts_of(
        self, contract: ContractId, debtor: DebtorId
    ) -> Sequence[HiddenAccount]:
        rows = await self._engine.fetch(erasure.HIDDEN_ACCOUNTS_OF, *self._place(contract, debtor))
        return [
            HiddenAccount(
                sealed=self._rows.bank_account(tuple(account)),
                deleted=self._codec.get_instant(deleted),
                restricted_until=self._instant(restricted_until),
            )
            for *account, deleted, restricted_until in rows
        ]

    async def users_of(self, contract: ContractId, debtor: DebtorId) -> Sequence[OutsideUser]:
        rows = await self._engine.fetch(erasure.USERS_OF, *self._place(contract, debtor))
        return [OutsideUser(issuer, subject) for issuer, subject in rows]

    async def audit_entries_after(
        self, contract: ContractId, place: AuditPlace, count: int
    ) -> Sequence[tuple[AuditPlace, AuditEntry]]:
        rows = await self._engine.fetch(
            erasure.AUDIT_ENTRIES_AFTER,
            self._codec.put_id(contract),
            self._codec.put_id(place.writer),
            place.sequence,
            count,
        )
        return [self._audit_entry(contract, row) for row in rows]

    def _audit_entry(self, contract: ContractId, row: Row) -> tuple[AuditPlace, AuditEntry]:
        writer, sequence, at, client, action, subject, debtor, source, further = row
        entry = AuditEntry(
            contract_id=contract,
            at=self._codec.get_instant(at),
            client_id=None if client is None else ClientId(self._codec.get_id(client)),
            action=action,
            subject_id=self._codec.get_id(subject),
            debtor_id=None if debtor is None else DebtorId(self._codec.get_id(debtor)),
            source=source,
            further_subjects=[
                UUID(bytes=bytes(further[start : start + 16]))
                for start in range(0, len(further), 16)
            ],
        )
        return AuditPlace(self._codec.get_id(writer), sequence), entry

    async def is_account_erased(self, contract: ContractId, account: AccountId) -> bool | None:
        rows = await self._engine.fetch(erasure.ACCOUNT_ERASED, *self._place(contract, account))
        return bool(rows[0][0]) if rows else None

    async def debtors_hidden_before(
        self, contract: ContractId, before: datetime, rows_max: int
    ) -> Sequence[DebtorId]:
        found = await self._past(erasure.DEBTORS_HIDDEN_BEFORE, contract, before, rows_max)
        return [DebtorId(key) for key in found]

    async def accounts_hidden_before(
        self, contract: ContractId, before: datetime, rows_max: int
    ) -> Sequence[AccountId]:
        found = await self._past(erasure.ACCOUNTS_HIDDEN_BEFORE, contract, before, rows_max)
        return [AccountId(key) for key in found]

    async def accounts_restricted_until(
        self, contract: ContractId, until: datetime, rows_max: int
    ) -> Sequence[AccountId]:
        found = await self._past(erasure.ACCOUNTS_RESTRICTED_UNTIL, contract, until, rows_max)
        return [AccountId(key) for key in found]

    async def _past(
        self, statement: str, contract: ContractId, instant: datetime, rows_max: int
    ) -> Sequence[Value]:
        """Return the ids of rows whose time is over."""
        rows = await self._engine.fetch(
            statement, self._codec.put_id(contract), self._codec.put_instant(instant), rows_max
        )
        return [self._codec.get_id(key) for (key,) in rows]

    async def erasure_marks(self) -> ErasureMarks:
        rows = await self._engine.fetch(erasure.ERASURE_MARKS)
        return ErasureMarks(*rows[0]) if rows else ErasureMarks(0, 0)

    def _place(self, contract: ContractId, key: DebtorId | AccountId) -> tuple[Value, Value]:
        return self._codec.put_id(contract), self._codec.put_id(key)

    def _instant(self, kept: Value) -> datetime | None:
        return None if kept is None else self._codec.get_instant(kept)


class ErasureSqlWriter(ErasureSqlReader):
    """`operations.ports.ErasureWriter` over an engine."""

    async def lock_held_debtor(self, contract: ContractId, debtor: DebtorId) -> bool:
        rows = await self._engine.fetch(erasure.LOCK_HELD_DEBTOR, *self._place(contract, debtor))
        return bool(rows)

    async def blank_debtor(self, contract: ContractId, debtor: DebtorId, now: datetime) -> None:
        place, instant = self._place(contract, debtor), self._codec.put_instant(now)
        await self._engine.fetch(erasure.BLANK_DEBTOR, *place, instant)

    async def restrict_hidden_accounts_of(
        self, contract: ContractId, debtor: DebtorId, until: datetime
    ) -> int:
        place, instant = self._place(contract, debtor), self._codec.put_instant(until)
        rows = await self._engine.fetch(erasure.RESTRICT_HIDDEN_ACCOUNTS_OF, *place, instant)
        return len(rows)

    async def erase_hidden_accounts_of(
        self, contract: ContractId, debtor: DebtorId, now: datetime, rows_max: int
    ) -> Sequence[AccountId]:
        place, instant = self._place(contract, debtor), self._codec.put_instant(now)
        rows = await self._engine.fetch(erasure.ERASE_HIDDEN_ACCOUNTS_OF, *place, instant, rows_max)
        return [AccountId(self._codec.get_id(key)) for (key,) in rows]

    async def erase_account(self, contract: ContractId, account: AccountId, now: datetime) -> bool:
        place, instant = self._place(contract, account), self._codec.put_instant(now)
        return bool(await self._engine.fetch(erasure.ERASE_ACCOUNT, *place, instant))

    async def finish_erasure(self, contract: ContractId, debtor: DebtorId, now: datetime) -> bool:
        place, instant = self._place(contract, debtor), self._codec.put_instant(now)
        return bool(await self._engine.fetch(erasure.FINISH_ERASURE, *place, instant))

    async def drop_result(self, contract: ContractId, operation: str, key_hash: bytes) -> None:
        key = self._codec.put_id(contract), operation, key_hash
        await self._engine.fetch(idempotency.RELEASE_KEY, *key)

    async def drop_searches(self, contract: ContractId) -> None:
        everything = self._codec.put_json(Everything())
        await self._engine.fetch(erasure.DROP_SEARCHES, self._codec.put_id(contract), everything)

    async def count_erasure(self) -> None:
        await self._engine.fetch(erasure.COUNT_ERASURE)

    async def mark_purged(self, erasures: int) -> None:
        await self._engine.fetch(erasure.MARK_PURGED, erasures)

    async def touch(self) -> None:
        await self._engine.fetch(erasure.TOUCH)
