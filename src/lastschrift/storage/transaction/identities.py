"""Linked identities in SQL."""

from datetime import datetime

from lastschrift.domain.access import IdentityLinking
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.storage.statements import identities
from lastschrift.storage.transaction.engine import SqlPart


class IdentitySqlReader(SqlPart):
    """`operations.ports.IdentityReader` over an engine."""

    async def linked_debtor(
        self, contract: ContractId, issuer: str, subject: str
    ) -> DebtorRef | None:
        rows = await self._engine.fetch(
            identities.LINKED_DEBTOR, self._codec.put_id(contract), issuer, subject
        )
        if not rows:
            return None
        ((key, kind),) = rows
        return DebtorRef(DebtorId(self._codec.get_id(key)), DebtorKind(kind))

    async def identity_linking(self, contract: ContractId) -> IdentityLinking | None:
        rows = await self._engine.fetch(identities.IDENTITY_LINKING, self._codec.put_id(contract))
        return IdentityLinking(rows[0][0]) if rows else None


class IdentitySqlWriter(SqlPart):
    """`operations.ports.IdentityWriter` over an engine."""

    async def link_identity(
        self, contract: ContractId, issuer: str, subject: str, debtor: DebtorId, now: datetime
    ) -> bool:
        rows = await self._engine.fetch(
            identities.LINK_IDENTITY,
            self._codec.put_id(contract),
            issuer,
            subject,
            self._codec.put_id(debtor),
            self._codec.put_instant(now),
        )
        return bool(rows)

    async def unlink_identity(self, contract: ContractId, issuer: str, subject: str) -> bool:
        rows = await self._engine.fetch(
            identities.UNLINK_IDENTITY, self._codec.put_id(contract), issuer, subject
        )
        return bool(rows)

    async def unlink_identities_of(self, contract: ContractId, debtor: DebtorId) -> None:
        await self._engine.fetch(
            identities.UNLINK_IDENTITIES_OF,
            self._codec.put_id(contract),
            self._codec.put_id(debtor),
        )
