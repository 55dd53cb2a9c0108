"""Writing down who did what: one entry for each request that changes or shows something."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.identity import ClientId, ContractId
from lastschrift.operations.ports import AuditEntry, Ports, Transaction

READ = "bank_account.read"
"""The action of whoever was shown full IBANs."""


def audit_entry(
    ports: Ports,
    action: str,
    *,
    contract_id: ContractId,
    subject_id: UUID,
    client_id: ClientId | None = None,
    at: datetime | None = None,
) -> AuditEntry:
    """Return the entry that the caller did ``action``.

    ``client_id`` is the caller's, and ``at`` is now, unless given.
    """
    caller = ports.caller
    return AuditEntry(
        contract_id=contract_id,
        at=at or ports.clock.now(),
        client_id=client_id or caller.client_id,
        action=action,
        subject_id=subject_id,
        debtor_id=caller.debtor_id,
        source=caller.source,
    )


async def record_reading(
    ports: Ports, contract: ContractId, accounts: Sequence[BankAccount]
) -> None:
    """Write down, before they are shown, that the caller is shown the IBANs of these accounts.

    Raises: Unavailable.
    """
    if not accounts:
        return
    await ports.store.write_batched(_add_entries, partial(_reading, ports, contract, accounts))


def _reading(ports: Ports, contract: ContractId, accounts: Sequence[BankAccount]) -> AuditEntry:
    caller = ports.caller
    first, *further = [account.id for account in accounts]
    return AuditEntry(
        contract_id=contract,
        at=ports.clock.now(),
        client_id=caller.client_id,
        action=READ,
        subject_id=first,
        debtor_id=caller.debtor_id,
        source=caller.source,
        further_subjects=further,
    )


async def _add_entries(transaction: Transaction, entries: Sequence[AuditEntry]) -> Sequence[None]:
    await transaction.add_audit_entries(entries)
    return [None] * len(entries)
