"""Telling all that is held about a payer, for whoever asks what is (Art. 15 GDPR)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.errors import DebtorUnknown
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import (
    AuditEntry,
    AuditPlace,
    HeldDebtor,
    HiddenAccount,
    Ports,
    Reader,
    SealedBankAccount,
    Transaction,
)
from lastschrift.operations.reveal_bank_account import reveal

_PIECE_ROWS = 5_000

_BEFORE_ALL = AuditPlace(UUID(int=0), -1)


class HeldAccount(Struct, frozen=True, kw_only=True):
    """A bank account of the payer's, with its IBAN, and since when it is hidden, if it is."""

    revealed: RevealedBankAccount
    deleted: datetime | None = None
    restricted_until: datetime | None = None


class DebtorExport(Struct, frozen=True, kw_only=True):
    """All that is held about a debtor; of the audit trail, the entries that name it."""

    debtor: HeldDebtor
    accounts: Sequence[HeldAccount]
    users: Sequence[OutsideUser]
    audit_trail: Sequence[AuditEntry]


class _Found(Struct, frozen=True):
    debtor: HeldDebtor
    live: Sequence[SealedBankAccount]
    hidden: Sequence[HiddenAccount]
    users: Sequence[OutsideUser]


async def export_debtor(ports: Ports, contract: ContractId, debtor: DebtorId) -> DebtorExport:
    """Return all that is held about a debtor; that it was told is in the audit trail before.

    Raises: DebtorUnknown; Unavailable.
    """
    found = await ports.store.scan(lambda reader: _find(reader, contract, debtor))
    if found is None:
        raise DebtorUnknown
    keys = await contract_keys(ports, contract)
    accounts = [HeldAccount(revealed=reveal(keys, sealed)) for sealed in found.live]
    accounts += [
        HeldAccount(
            revealed=reveal(keys, hidden.sealed),
            deleted=hidden.deleted,
            restricted_until=hidden.restricted_until,
        )
        for hidden in found.hidden
    ]
    ids = [held.revealed.account.id for held in accounts]
    await _record(ports, contract, debtor, ids)
    return DebtorExport(
        debtor=found.debtor,
        accounts=accounts,
        users=found.users,
        audit_trail=await _entries_naming(ports, contract, {debtor, *ids}),
    )


async def _find(reader: Reader, contract: ContractId, debtor: DebtorId) -> _Found | None:
    held = await reader.held_debtor(contract, debtor)
    if held is None:
        return None
    return _Found(
        held,
        await reader.bank_accounts_of(contract, debtor),
        await reader.hidden_accounts_of(contract, debtor),
        await reader.users_of(contract, debtor),
    )


async def _record(
    ports: Ports, contract: ContractId, debtor: DebtorId, accounts: Sequence[UUID]
) -> None:
    entry = audit_entry(ports, "debtor.exported", contract_id=contract, subject_id=debtor)
    entry = replace(entry, further_subjects=accounts)

    async def operation(transaction: Transaction) -> None:
        await transaction.add_audit_entries([entry])

    await ports.store.write(operation)


async def _entries_naming(
    ports: Ports, contract: ContractId, ids: Collection[UUID]
) -> list[AuditEntry]:
    """Go through a contract's audit trail; return, oldest first, who did what to these."""
    found: list[AuditEntry] = []
    place = _BEFORE_ALL
    while some := await _entries_after(ports, contract, place):
        found += [entry for _, entry in some if _names(entry, ids)]
        place, _ = some[-1]
    return sorted(found, key=lambda entry: entry.at)


async def _entries_after(
    ports: Ports, contract: ContractId, place: AuditPlace
) -> Sequence[tuple[AuditPlace, AuditEntry]]:
    return await ports.store.scan(
        lambda reader: reader.audit_entries_after(contract, place, _PIECE_ROWS)
    )


def _names(entry: AuditEntry, ids: Collection[UUID]) -> bool:
    named = (entry.subject_id, entry.debtor_id, *entry.further_subjects)
    return any(each in ids for each in named)
