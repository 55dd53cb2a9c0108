"""Linked identities in SQL."""

from datetime import datetime

from lastschrift.domain.access import IdentityLinking
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.domain.users import LinkedUser
from lastschrift.operations.ports import Listing, Page
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
        return self._rows.debtor_ref(rows[0]) if rows else None

    async def identity_linking(self, contract: ContractId) -> IdentityLinking | None:
        rows = await self._engine.fetch(identities.IDENTITY_LINKING, self._codec.put_id(contract))
        return IdentityLinking(rows[0][0]) if rows else None

    async def linked_users(self, contract: ContractId, page: Page) -> Listing[LinkedUser]:
        key = self._codec.put_id(contract)
        (total,) = (await self._engine.fetch(identities.LINKED_USERS_TOTAL, key))[0]
        rows = await self._engine.fetch(identities.LINKED_USERS, key, page.count, page.offset)
        return Listing(total, [self._rows.linked_user(row) for row in rows])


class IdentitySqlWriter(SqlPart):
    """`operations.ports.IdentityWriter` over an engine."""

    async def debtor_to_link(self, contract: ContractId, debtor: DebtorId) -> DebtorRef | None:
        rows = await self._engine.fetch(
            identities.DEBTOR_TO_LINK, self._codec.put_id(contract), self._codec.put_id(debtor)
        )
        return self._rows.debtor_ref(rows[0]) if rows else None

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

    async def change_identity_linking(self, contract: ContractId, linking: IdentityLinking) -> None:
        await self._engine.fetch(
            identities.CHANGE_IDENTITY_LINKING, self._codec.put_id(contract), linking.value
        )
