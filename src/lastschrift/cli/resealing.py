"""Turning contracts' data keys from outside, piece by piece, so that no piece takes long."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from lastschrift.admin.key_verbs import (
    KEYS_BEGIN,
    KEYS_RESEAL,
    Announced,
    Announcement,
    ResealFrom,
)
from lastschrift.admin.verb import Verb
from lastschrift.cli.progress import Tell
from lastschrift.operations.ports import KEYS_KNOWN_AFTER
from lastschrift.operations.reseal import Place


class Ask(Protocol):
    """Has a verb done (`admin.desk.Desk.ask`)."""

    def __call__(self, verb: Verb[Any, Any], arguments: Any) -> Any:  # noqa: ANN401  # as the verb says
        """Return what the verb gives."""
        ...


def wait_until(instant: datetime) -> None:
    """Wait for an instant."""
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


def rotate_data_keys(
    ask: Ask,
    contracts: Sequence[UUID],
    *,
    has_other_servers: bool,
    progress: Tell,
    wait: Callable[[datetime], None],
) -> int:
    """Announce new keys, wait until they seal, and seal all rows anew; return how many were.

    Rows are gone through until none is found under an older key, the last time when nobody can
    have an older key any more.
    """
    announced_for_s = KEYS_KNOWN_AFTER.total_seconds() if has_other_servers else 0
    announced: dict[UUID, Announced] = {
        contract: ask(KEYS_BEGIN, Announcement(contract=contract, announced_for_s=announced_for_s))
        for contract in contracts
    }
    if not announced:
        return 0
    active_from = max(key.active_from for key in announced.values())
    wait(active_from)
    resealed = _pass(ask, announced, "encrypting anew", progress)
    wait(active_from + KEYS_KNOWN_AFTER)
    while found := _pass(ask, announced, "looking for stragglers", progress):
        resealed += found
    return resealed


def _pass(ask: Ask, announced: dict[UUID, Announced], work: str, progress: Tell) -> int:
    """Go through all rows of all contracts once; return how many were sealed anew."""
    rows_total = sum(key.rows for key in announced.values())
    rows = resealed = 0
    progress(work, "rows", rows, rows_total)
    for contract, key in announced.items():
        place: Place | None = Place()
        while place is not None:
            wanted = ResealFrom(contract=contract, version=key.version, place=place)
            piece = ask(KEYS_RESEAL, wanted)
            place = piece.place
            rows += piece.rows
            resealed += piece.resealed
            progress(work, "rows", rows, max(rows, rows_total))
    return resealed
