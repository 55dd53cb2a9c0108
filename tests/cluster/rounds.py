"""One mishap after the other under load, and after each the comparison of book and database."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tests.cluster.cluster import Cluster, Primary
from tests.cluster.faults import Fault
from tests.cluster.ledger import Ledger, Verdict, longest_gap
from tests.cluster.load import Load

SAMPLE = 20
"""How many accounts are looked up through the APIs after each round."""

_BEFORE, _AFTER = 100, 100
"""Registrations before something happens, and after it is over."""

# Read from the table itself: an index that lost rows would not say so.
_STORED = "SELECT id FROM bank_account WHERE deleted IS NULL"
_REPEATED = """
    SELECT coalesce(sum(rows - 1), 0) FROM (
        SELECT count(*) AS rows FROM bank_account WHERE deleted IS NULL
        GROUP BY contract_id, debtor_id, fingerprint
    ) AS grouped
"""
_FROM_THE_TABLE = "SET enable_indexscan = off; SET enable_indexonlyscan = off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one mishap did: the longest time without an answer, and what went wrong."""

    fault: str
    acknowledged: int
    gap_s: float
    lost: int
    doubled: int


async def play_round(cluster: Cluster, load: Load, fault: Fault) -> Round:
    """Let one mishap happen under load, undo it, wait until all is well, and compare.

    Raises: NotInTime.
    """
    primary = await cluster.healthy()
    ledger, answered_before = load.ledger, len(load.ledger.times)
    load.go_on()
    await load.more(_BEFORE)
    start = time.monotonic()
    await fault.inflict(cluster, primary)
    await cluster.primary(after=primary)
    await load.more(_AFTER)
    await fault.undo(cluster, primary)
    now_primary = await cluster.healthy(after=primary)
    end = time.monotonic()
    await load.come_to_rest()
    verdict = await _compare(cluster, now_primary, load)
    return Round(
        fault=fault.name,
        acknowledged=len(ledger.times) - answered_before,
        gap_s=longest_gap(ledger.times, start=start, end=end),
        lost=verdict.lost,
        doubled=verdict.doubled,
    )


async def _compare(cluster: Cluster, primary: Primary, load: Load) -> Verdict:
    async with cluster.connected(primary.node, "lastschrift") as connection:
        await connection.execute(_FROM_THE_TABLE)
        stored = [UUID(bytes=row["id"].bytes) for row in await connection.fetch(_STORED)]
        repeated = int(await connection.fetchval(_REPEATED))
    verdict = load.ledger.settle(stored, repeated)
    for account in _sample(load.ledger):
        if not await load.finds(account, load.ledger.acknowledged[account]):
            load.ledger.surprises.append(f"{account} is stored, but not found by its wire")
    return verdict


def _sample(ledger: Ledger) -> Sequence[UUID]:
    known = list(ledger.acknowledged)
    return random.sample(known, min(SAMPLE, len(known)))
