"""Purging overwrites what SQLite leaves in the gaps of pages, and nothing else."""

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from lastschrift.domain.errors import StoreFailed
from lastschrift.storage.sqlite import purging
from lastschrift.storage.sqlite.connection import open_for_reading, open_for_writing
from lastschrift.storage.sqlite.purging import PurgeErrand, gaps_of, purge_pages
from lastschrift.storage.sqlite.store import SqliteStore
from tests.databases import copy_empty_database

ROWS = 2_000
SEEDS = 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    copy_empty_database(tmp_path / "lastschrift.db")
    return tmp_path / "lastschrift.db"


@pytest.fixture
def writing(path: Path) -> Iterator[apsw.Connection]:
    with closing(open_for_writing(path)) as connection:
        yield connection


def fill_and_blank(writing: apsw.Connection, seed: int) -> None:
    """Add rows in no order, so that pages are divided; change some; then take the canaries out."""
    dice = random.Random(seed)
    contract = bytes(16)
    add = "INSERT INTO debtor (contract_id, id, kind, contact, created) VALUES (?, ?, 'user', ?, 1)"
    change = "UPDATE debtor SET contact = ? WHERE contract_id = ? AND id = ?"
    canaries = []
    with writing:
        writing.execute("INSERT INTO contract VALUES (?, '', 1, 'first_use')", (contract,))
        for number in range(ROWS):
            key, name = dice.randbytes(16), "Canary" if number % 10 == 0 else "Sparrow"
            writing.execute(add, (contract, key, f'"{name * dice.randint(1, 40)}"'))
            if name == "Canary":
                canaries.append(key)
                some = dice.choice(canaries)
                writing.execute(change, (f'"{name * dice.randint(1, 40)}"', contract, some))
    with writing:
        for key in canaries:
            writing.execute(change, ("{}", contract, key))
    writing.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


def purge_all(writing: apsw.Connection, path: Path) -> int:
    """Purge all pages; return in how many steps."""
    step, steps = 0, 0
    while True:
        done = purge_pages(writing, path, step)
        steps += 1
        if done.following is None:
            return steps
        step = done.following


def test_what_deleting_leaves_in_gaps_is_gone_and_stays_gone(
    writing: apsw.Connection, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "PIECE_PAGES", 10)
    for seed in range(SEEDS):
        fill_and_blank(writing, seed)
        if b"Canary" in path.read_bytes():
            break
        writing.execute("DELETE FROM debtor; DELETE FROM contract")
    else:
        pytest.fail("SQLite leaves nothing in gaps any more: purging is not needed")
    rows = writing.execute("SELECT * FROM debtor ORDER BY id").fetchall()
    assert purge_all(writing, path) > 1
    assert b"Canary" not in path.read_bytes()
    assert writing.pragma("integrity_check") == "ok"
    assert writing.execute("SELECT * FROM debtor ORDER BY id").fetchall() == rows
    writing.execute("UPDATE debtor SET created = created + 1")  # from pages that it had read before
    writing.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    assert b"Canary" not in path.read_bytes()


def test_the_log_is_emptied(writing: apsw.Connection, path: Path) -> None:
    writing.execute("INSERT INTO contract VALUES (x'01', 'Canary', 1, 'first_use')")
    writing.execute("UPDATE contract SET name = 'other'")
    log = path.with_name("lastschrift.db-wal")
    assert b"Canary" in log.read_bytes()
    purge_all(writing, path)
    assert log.read_bytes() == b""


def test_who_reads_for_long_is_waited_for(writing: apsw.Connection, path: Path) -> None:
    writing.set_busy_timeout(10)
    errand = PurgeErrand(path, 0)
    with closing(open_for_reading(path)) as reading:
        reading.execute("BEGIN; SELECT * FROM contract")
        writing.execute("INSERT INTO contract VALUES (x'01', '', 1, 'first_use')")
        errand(writing)
        assert errand.result().is_blocked
        reading.execute("COMMIT")
    errand(writing)
    assert not errand.result().is_blocked


def test_what_goes_wrong_is_told_to_who_wanted_it(writing: apsw.Connection, path: Path) -> None:
    errand = PurgeErrand(path.with_name("nowhere.db"), 0)
    errand(writing)
    with pytest.raises(StoreFailed):
        errand.result()


@pytest.mark.anyio
async def test_a_store_is_purged_while_it_serves(path: Path) -> None:
    with closing(open_for_writing(path)) as writing:
        writing.execute("INSERT INTO installation (only_row, kind) VALUES (1, 'sandbox')")
    store = SqliteStore(path)
    try:
        done = await store.purge(0)
        assert (done.following, done.is_blocked) == (None, False)
        assert done.done == done.total > 1
    finally:
        await store.close()


def page_of(head: bytes, **blocks: bytes) -> bytes:
    """Return a page that begins so; each block stands at the offset that its name ends with."""
    page = bytearray(head.ljust(4096, b"\0"))
    for name, content in blocks.items():
        start = int(name.removeprefix("at_"))
        page[start : start + len(content)] = content
    return bytes(page)


@pytest.mark.parametrize(
    ("page", "gaps"),
    [
        (page_of(b"\x0d\0\0\0\2\x0f\0\0"), [slice(12, 3840)]),
        (page_of(b"\x05\0\0\0\2\x0f\0\0"), [slice(16, 3840)]),
        (page_of(b"\x0d\0\0\0\0\0\0\0"), [slice(8, 8)]),
        (page_of(b"\x00\0\0\5overflow"), []),
        (
            page_of(
                b"\x0a\x0f\x20\0\2\x0f\0\0",
                at_3872=b"\x0f\x80\0\x10",  # 16 bytes long, the next one at 3968
                at_3968=b"\0\0\0\x80",  # up to the page's end
            ),
            [slice(12, 3840), slice(3876, 3888), slice(3972, 4096)],
        ),
        (
            page_of(b"\x0a\x0f\x20\0\2\x0f\0\0", at_3872=b"\x0f\x20\0\x10"),
            [slice(12, 3840), slice(3876, 3888)],  # a block that names itself ends the chain
        ),
    ],
)
def test_only_pages_of_trees_have_gaps(page: bytes, gaps: list[slice]) -> None:
    assert list(gaps_of(page, is_first=False)) == gaps


def test_what_vacuum_leaves_in_free_blocks_is_gone(
    writing: apsw.Connection, path: Path, tmp_path: Path
) -> None:
    fill_and_blank(writing, seed=1)
    writing.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    with closing(open_for_writing(tmp_path / "copy.db")) as copy:
        before = free_bytes(tmp_path / "copy.db")
        purge_all(copy, tmp_path / "copy.db")
        assert copy.pragma("integrity_check") == "ok"
    assert any(before)
    assert not any(free_bytes(tmp_path / "copy.db"))


def free_bytes(database: Path) -> bytes:
    """Return all that stands in the gaps of a database."""
    content = database.read_bytes()
    pages = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    return b"".join(
        page[gap] for n, page in enumerate(pages) for gap in gaps_of(page, is_first=n == 0)
    )
