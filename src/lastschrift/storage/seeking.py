"""Finding entries of the audit trail: by who, what, when, from where, and about which object.

No index helps, as each would make every registration dearer: the trail is read from end to end, a
contract's part of it where one is named.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from lastschrift.domain.identity import ClientId, ContractId, DebtorId
from lastschrift.operations.ports import AuditEntry
from lastschrift.operations.ports.trail import PlacedEntry, SoughtEntries
from lastschrift.storage.anchors import Anchor
from lastschrift.storage.codec import Row
from lastschrift.storage.installation import Installation
from lastschrift.storage.selecting.arguments import Arguments
from lastschrift.storage.tables import TABLES
from lastschrift.storage.transfer import Sought, TablesInUse

_ENTRIES = next(table for table in TABLES if table.name == "audit_entry")
_CHAINS = _ENTRIES.only("contract_id", "writer", "sequence", "link")
_ID_BYTES = 16


async def find_entries(installation: Installation, sought: SoughtEntries) -> list[PlacedEntry]:
    """Return the entries that are sought, the newest first.

    Raises: DatabaseRefused.
    """
    async with installation.as_it_is() as tables:
        rows = await tables.sought(_ENTRIES, lambda arguments: _which(sought, arguments))
    return [_entry(row) for row in rows]


def _which(sought: SoughtEntries, arguments: Arguments) -> str:
    conditions = [
        make(arguments, value)
        for name, make in _CONDITIONS.items()
        if (value := getattr(sought, name)) is not None
    ]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    count = arguments.number(sought.count)
    return f"{where} ORDER BY at DESC, contract_id, writer, sequence DESC LIMIT {count}"


def _about(arguments: Arguments, subject: UUID) -> str:
    found = arguments.octets(subject.bytes)
    return f"(subject_id = {arguments.id(subject)} OR position({found} in further_subjects) > 0)"


_CONDITIONS: dict[str, Callable[..., str]] = {
    "contract": lambda arguments, key: f"contract_id = {arguments.id(key)}",
    "client": lambda arguments, key: f"client_id = {arguments.id(key)}",
    "debtor": lambda arguments, key: f"debtor_id = {arguments.id(key)}",
    "action": lambda arguments, action: f"action = {arguments.text(action)}",
    "subject": _about,
    "source": lambda arguments, source: f"source = {arguments.text(source)}",
    "since": lambda arguments, instant: f"at >= {arguments.instant(instant)}",
    "until": lambda arguments, instant: f"at < {arguments.instant(instant)}",
}
"""What each of `SoughtEntries` asks of an entry."""


def _entry(row: Row) -> PlacedEntry:
    contract, writer, sequence, at, client, action, subject, debtor, source, further, _link = row
    entry = AuditEntry(
        contract_id=ContractId(contract),
        at=at,
        client_id=None if client is None else ClientId(client),
        action=action,
        subject_id=subject,
        debtor_id=None if debtor is None else DebtorId(debtor),
        source=source,
        further_subjects=_ids_in(further),
    )
    return PlacedEntry(writer=writer, sequence=sequence, entry=entry)


def _ids_in(octets: bytes) -> Sequence[UUID]:
    starts = range(0, len(octets) - _ID_BYTES + 1, _ID_BYTES)
    return [UUID(bytes=octets[start : start + _ID_BYTES]) for start in starts]


# --- how far the chains have come -----------------------------------------------------------------


async def find_heads(installation: Installation) -> list[Anchor]:
    """Return how far each chain has come.

    Raises: DatabaseRefused.
    """
    heads = []
    async with installation.as_it_is() as tables:
        chain = await _chain_after(tables, lambda _: "")
        while chain is not None:
            contract, writer, *_ = chain
            rows = await tables.sought(_CHAINS, _last_of(contract, writer))
            heads += [Anchor(*row) for row in rows]
            chain = await _chain_after(tables, _behind(contract, writer))
    return heads


async def _chain_after(tables: TablesInUse, which: Sought) -> Row | None:
    rows = await tables.sought(
        _CHAINS, lambda arguments: f"{which(arguments)} ORDER BY contract_id, writer LIMIT 1"
    )
    return rows[0] if rows else None


def _behind(contract: UUID, writer: UUID) -> Sought:
    return lambda arguments: (
        f"WHERE (contract_id, writer) > ({arguments.id(contract)}, {arguments.id(writer)})"
    )


def _last_of(contract: UUID, writer: UUID) -> Sought:
    return lambda arguments: (
        f"WHERE contract_id = {arguments.id(contract)} AND writer = {arguments.id(writer)} "
        "AND link IS NOT NULL ORDER BY sequence DESC LIMIT 1"
    )
