"""What can be wanted of what is held about payers: to be told, to be erased, to be purged."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from lastschrift.admin.verb import Nothing, Verb
from lastschrift.domain.access import Secret
from lastschrift.domain.bank_account import AuthorisationAttribute
from lastschrift.domain.debtor import DebtorKind
from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.erase_account import EraseAccount, erase_account
from lastschrift.operations.erase_debtor import EraseDebtor, erase_debtor
from lastschrift.operations.erase_expired import erase_expired
from lastschrift.operations.erasing import ErasedCount
from lastschrift.operations.export_debtor import HeldAccount, export_debtor
from lastschrift.operations.ports import AuditEntry, Ports
from lastschrift.operations.purge import Purged, PurgePlace, purge
from lastschrift.operations.replay_erasures import replay_erasures


class DebtorNamed(Struct, frozen=True, kw_only=True):
    """The arguments of ``debtor.export``."""

    contract: UUID
    debtor: UUID


class DebtorToErase(DebtorNamed, frozen=True, kw_only=True):
    """The arguments of ``debtor.erase``; accounts are kept ``restricted_until`` then."""

    restricted_until: datetime | None = None


class AccountNamed(Struct, frozen=True, kw_only=True):
    """The arguments of ``account.erase``."""

    contract: UUID
    account: UUID


class Expiry(Struct, frozen=True, kw_only=True):
    """The arguments of ``retention.run``: for how long what was deleted is kept."""

    deleted_kept_days: Annotated[int, Meta(ge=0)]


class PurgeFrom(Struct, frozen=True, kw_only=True):
    """The arguments of ``retention.purge``: where to go on."""

    place: PurgePlace | None = None


# --- what is told ---------------------------------------------------------------------------------


class AccountHeld(Struct, frozen=True, kw_only=True):
    """A payer's bank account, with its IBAN in clear."""

    id: UUID
    iban: Secret
    bic: str | None
    bank_name: str | None
    owner: str | None
    holder: Party | None
    alias: str | None
    expiry: datetime | None
    authorisation: tuple[AuthorisationAttribute, ...]
    created: datetime
    updated: datetime | None
    archived: datetime | None
    deleted: datetime | None
    restricted_until: datetime | None


class UserHeld(Struct, frozen=True, kw_only=True):
    """A user of an outside identity provider that the payer is."""

    issuer: str
    subject: str


class EntryNaming(Struct, frozen=True, kw_only=True):
    """An entry of the audit trail that names the payer, or one of its accounts."""

    at: datetime
    action: str
    subjects: list[UUID]
    client: UUID | None
    source: str


class DebtorHeld(Struct, frozen=True, kw_only=True):
    """All that is held about a payer."""

    id: UUID
    contract: UUID
    kind: DebtorKind
    created: datetime
    updated: datetime | None
    deleted: datetime | None
    erased: datetime | None
    contact: Party
    accounts: list[AccountHeld]
    users: list[UserHeld]
    audit_trail: list[EntryNaming]


# --- the verbs ------------------------------------------------------------------------------------


async def _export(ports: Ports, wanted: DebtorNamed) -> DebtorHeld:
    found = await export_debtor(ports, ContractId(wanted.contract), DebtorId(wanted.debtor))
    held = found.debtor
    return DebtorHeld(
        id=held.id,
        contract=wanted.contract,
        kind=held.kind,
        created=held.created,
        updated=held.updated,
        deleted=held.deleted,
        erased=held.erased,
        contact=held.contact,
        accounts=[_told_account(account) for account in found.accounts],
        users=[UserHeld(issuer=user.issuer, subject=user.subject) for user in found.users],
        audit_trail=[_told_entry(entry) for entry in found.audit_trail],
    )


def _told_account(held: HeldAccount) -> AccountHeld:
    account = held.revealed.account
    return AccountHeld(
        id=account.id,
        iban=Secret(held.revealed.iban.reveal()),
        bic=account.bic,
        bank_name=account.bank_name,
        owner=account.owner,
        holder=account.holder,
        alias=account.alias,
        expiry=account.expiry,
        authorisation=account.authorisation,
        created=account.created,
        updated=account.updated,
        archived=account.archived,
        deleted=held.deleted,
        restricted_until=held.restricted_until,
    )


def _told_entry(entry: AuditEntry) -> EntryNaming:
    return EntryNaming(
        at=entry.at,
        action=entry.action,
        subjects=[entry.subject_id, *entry.further_subjects],
        client=entry.client_id,
        source=entry.source,
    )


async def _erase(ports: Ports, wanted: DebtorToErase) -> ErasedCount:
    command = EraseDebtor(
        contract_id=ContractId(wanted.contract),
        debtor_id=DebtorId(wanted.debtor),
        restricted_until=wanted.restricted_until,
    )
    return await erase_debtor(ports, command)


async def _erase_account(ports: Ports, wanted: AccountNamed) -> AccountNamed:
    command = EraseAccount(
        contract_id=ContractId(wanted.contract), account_id=AccountId(wanted.account)
    )
    await erase_account(ports, command)
    return wanted


async def _run_retention(ports: Ports, wanted: Expiry) -> ErasedCount:
    return await erase_expired(ports, timedelta(days=wanted.deleted_kept_days))


async def _purge(ports: Ports, wanted: PurgeFrom) -> Purged:
    return await purge(ports, wanted.place)


async def _replay(ports: Ports, _wanted: Nothing) -> ErasedCount:
    return await replay_erasures(ports)


DEBTOR_EXPORT = Verb("debtor.export", DebtorNamed, DebtorHeld, _export)
DEBTOR_ERASE = Verb("debtor.erase", DebtorToErase, ErasedCount, _erase)
DEBTOR_REPLAY_ERASURES = Verb("debtor.replay_erasures", Nothing, ErasedCount, _replay)
ACCOUNT_ERASE = Verb("account.erase", AccountNamed, AccountNamed, _erase_account)
RETENTION_RUN = Verb("retention.run", Expiry, ErasedCount, _run_retention)
RETENTION_PURGE = Verb("retention.purge", PurgeFrom, Purged, _purge)

ERASURE_VERBS: Sequence[Verb[Any, Any]] = (
    DEBTOR_EXPORT,
    DEBTOR_ERASE,
    DEBTOR_REPLAY_ERASURES,
    ACCOUNT_ERASE,
    RETENTION_RUN,
    RETENTION_PURGE,
)
