"""Turning contracts' fingerprint keys from outside, piece by piece, so that no piece takes long."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from lastschrift.admin.key_verbs import (
    KEYS_BEGIN,
    KEYS_COMPLETE,
    KEYS_RENEW,
    Announced,
    Announcement,
    ContractNamed,
    KeyTold,
    RenewFrom,
)
from lastschrift.cli.progress import Tell
from lastschrift.cli.resealing import Ask
from lastschrift.operations.ports import KEYS_KNOWN_AFTER, KEYS_SETTLED_AFTER, KeyPurpose

Versions = Mapping[UUID, tuple[int, ...]]
"""Of each contract the versions under which its accounts are to have fingerprints."""


def rotate_fingerprint_keys(
    ask: Ask,
    contracts: Sequence[UUID],
    *,
    has_other_servers: bool,
    progress: Tell,
    wait: Callable[[datetime], None],
) -> int:
    """Announce new keys, give all accounts fingerprints under them too, and go by these then.

    Returns how many accounts got one. They are gone through until none lacks one, the last time
    when nobody can add one that does.
    """
    announced_for_s = KEYS_KNOWN_AFTER.total_seconds() if has_other_servers else 0
    announced: dict[UUID, Announced] = {}
    for contract in contracts:
        key = ask(
            KEYS_BEGIN,
            Announcement(
                contract=contract,
                announced_for_s=announced_for_s,
                purpose=KeyPurpose.FINGERPRINT,
            ),
        )
        if key.complete_from is None:
            announced[contract] = key
    if not announced:
        return 0
    versions = {contract: (key.version - 1, key.version) for contract, key in announced.items()}
    rows_total = sum(key.rows for key in announced.values())
    active_from = max(key.active_from for key in announced.values())
    wait(active_from)
    renewed = _pass(ask, versions, rows_total, "fingerprinting anew", progress)
    wait(active_from + KEYS_SETTLED_AFTER)
    while found := _pass(ask, versions, rows_total, "looking for stragglers", progress):
        renewed += found
    for contract in announced:
        ask(KEYS_COMPLETE, ContractNamed(contract))
    return renewed


def drop_old_fingerprints(ask: Ask, found: Sequence[KeyTold], progress: Tell) -> int:
    """Take the fingerprints away that no account is looked for by; return of how many accounts.

    ``found``: the keys of all contracts that are meant.
    """
    versions = _complete_versions(found)
    dropped = 0
    while versions and (piece := _pass(ask, versions, 0, "dropping old fingerprints", progress)):
        dropped += piece
    return dropped


def _complete_versions(found: Sequence[KeyTold]) -> Versions:
    """Return the newest version of the contracts that have an older one, which nobody needs."""
    of_contract: dict[UUID, list[KeyTold]] = {}
    for told in found:
        if told.purpose == KeyPurpose.FINGERPRINT.value:
            of_contract.setdefault(told.contract, []).append(told)
    newest = {
        contract: max(keys, key=lambda key: key.version)
        for contract, keys in of_contract.items()
        if len(keys) > 1
    }
    return {
        contract: (key.version,)
        for contract, key in newest.items()
        if key.complete_from is not None
    }


def _pass(ask: Ask, versions: Versions, rows_total: int, work: str, progress: Tell) -> int:
    """Go through all accounts of all contracts once; return how many were changed."""
    rows = renewed = 0
    progress(work, "accounts", rows, rows_total)
    for contract, wanted in versions.items():
        after: UUID | None = None
        is_done = False
        while not is_done:
            piece = ask(KEYS_RENEW, RenewFrom(contract=contract, versions=wanted, after=after))
            after, is_done = piece.after, piece.after is None
            rows += piece.rows
            renewed += piece.renewed
            progress(work, "accounts", rows, max(rows, rows_total))
    return renewed
