"""Whoever may write the database can't change the audit trail unseen, on each engine.

write a trail by several writers, for two contracts, and take an anchor
change the table by hand, in one of the ways of `tampering`
    what is not the end of a chain shows by its links; the end, and links made anew, by the anchor
"""

from collections.abc import Callable, Sequence
from random import Random

import pytest

from lastschrift.storage import verifying
from lastschrift.storage.anchors import Anchor
from tests.audit.tampering import (
    FOUND_BY_ANCHORS,
    FOUND_BY_LINKS,
    Tamper,
    cut,
    edit,
    edit_but_links,
    rewrite,
)
from tests.audit.trails import Row, heads, put, read, verified, write_trail
from tests.databases import Database
from tests.promises import control, promise, rounds

pytestmark = pytest.mark.anyio

Trail = tuple[Database, Sequence[Row], Sequence[Anchor]]


@pytest.fixture
async def trail(database: Database) -> Trail:
    """Return a database with a trail, its rows, and an anchor of each chain."""
    await write_trail(database)
    return database, await read(database), await heads(database)


async def is_found(trail: Trail, tamper: Tamper, seed: int, *, has_anchors: bool) -> bool:
    """Tamper with a trail, and return whether that shows."""
    database, rows, anchors = trail
    changed = tamper(Random(seed), rows)
    assert changed != rows, (tamper.__name__, seed)
    await put(database, changed)
    found = await verified(database, anchors if has_anchors else ())
    return found.faults_total > 0


async def test_a_trail_that_nobody_changed_holds(trail: Trail) -> None:
    database, rows, anchors = trail
    found = await verified(database, anchors)
    assert (found.entries, found.anchors, found.faults) == (len(rows), len(anchors), [])
    assert found.chains == len(anchors) >= 6
    await put(database, rows)
    assert await verified(database, anchors) == found


@promise("audit-holds")
async def test_every_change_of_the_trail_shows(trail: Trail, figure: Callable[[str], None]) -> None:
    ways = [
        *((tamper, False) for tamper in FOUND_BY_LINKS),
        *((tamper, True) for tamper in FOUND_BY_ANCHORS),
    ]
    tries = rounds(ci=40, soak=1000)
    unseen = []
    for seed in range(tries):
        tamper, has_anchors = ways[seed % len(ways)]
        if not await is_found(trail, tamper, seed, has_anchors=has_anchors):
            unseen.append((tamper.__name__, seed))
    assert not unseen
    figure(f"{tries:,} changes of {len(ways)} kinds, {len(trail[1])} entries: all found")


@control("audit-holds")
async def test_without_looking_at_links_an_edit_passes(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await is_found(trail, edit_but_links, 1, has_anchors=False)
    monkeypatch.setattr(verifying, "digest_of", lambda _: b"")
    monkeypatch.setattr(verifying, "sha256", _Believing)
    assert not await is_found(trail, edit_but_links, 1, has_anchors=False)


class _Believing:
    """A hash that is always the one that is wanted."""

    def __init__(self, _link: bytes) -> None:
        pass

    def update(self, _digest: bytes) -> None:
        pass

    def digest(self) -> "_Believing":
        return self

    def __eq__(self, _other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # it is equal to all, so it has none


@control("audit-holds")
@pytest.mark.parametrize("tamper", [cut, rewrite])
async def test_without_an_anchor_the_end_may_be_gone_or_made_anew(
    trail: Trail, tamper: Tamper
) -> None:
    assert await is_found(trail, tamper, 1, has_anchors=True)
    assert not await is_found(trail, tamper, 1, has_anchors=False)


async def test_a_fault_names_contract_writer_and_entries(trail: Trail) -> None:
    database, rows, anchors = trail
    await put(database, edit(Random(1), rows))
    (fault,) = (await verified(database)).faults
    assert (fault.contract, fault.writer) in {(one.contract, one.writer) for one in anchors}
    assert fault.first is not None
    assert fault.first <= fault.last
    assert "does not fit its link" in fault.fact


async def test_an_anchor_of_a_chain_that_is_gone_is_told(trail: Trail) -> None:
    database, rows, anchors = trail
    await put(database, [])
    found = await verified(database, anchors)
    assert found.faults_total == len(anchors)
    assert {(fault.contract, fault.writer) for fault in found.faults} == {
        (one.contract, one.writer) for one in anchors
    }
    assert rows


async def test_later_entries_do_not_stand_in_an_older_anchor_s_way(trail: Trail) -> None:
    database, rows, anchors = trail
    await write_trail(database, writers=1)
    found = await verified(database, anchors)
    assert found.entries > len(rows)
    assert not found.faults
