"""Connections as we want them: nothing is lost, readers only read, and no scan holds up the WAL."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from lastschrift.domain.errors import ShuttingDown
from lastschrift.operations.ports import Everything, Reader
from lastschrift.storage.sqlite.connection import open_for_reading, open_for_writing
from lastschrift.storage.sqlite.store import SqliteStore
from tests.storage.filling import add_contract, add_debtor

FULL = 2  # https://www.sqlite.org/pragma.html#pragma_synchronous


@pytest.fixture
async def store(file: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(file)
    yield opened
    await opened.close()


def test_a_commit_waits_for_the_disk(file: Path) -> None:
    connection = open_for_writing(file)
    assert connection.pragma("synchronous") == FULL
    assert connection.pragma("journal_mode") == "wal"


def test_what_is_deleted_is_overwritten(file: Path) -> None:
    assert open_for_writing(file).pragma("secure_delete") == 1


def test_references_are_enforced(file: Path) -> None:
    connection = open_for_writing(file)
    assert connection.pragma("foreign_keys") == 1
    with pytest.raises(apsw.ConstraintError, match="FOREIGN KEY"):
        connection.execute(
            "INSERT INTO bank_account (contract_id, id, created) VALUES (x'01', x'02', 0)"
        )


def test_no_reference_is_checked_later(file: Path) -> None:
    connection = open_for_writing(file)
    scripts = connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    assert not any("DEFERR" in str(script).upper() for script in scripts)
    assert connection.pragma("defer_foreign_keys") == 0


@pytest.mark.parametrize(
    "statement", ["DELETE FROM contract", "CREATE TABLE t (a)", "PRAGMA user_version = 9"]
)
def test_a_reader_can_not_write(file: Path, statement: str) -> None:
    open_for_writing(file).close()
    with pytest.raises(apsw.ReadOnlyError):
        open_for_reading(file).execute(statement).fetchall()


@pytest.mark.anyio
async def test_a_scan_sees_one_state_of_things(store: SqliteStore) -> None:
    contract = await add_contract(store)
    await add_debtor(store, contract)
    begun, go_on = threading.Event(), threading.Event()

    async def count_twice(reader: Reader) -> tuple[int, int]:
        first = await reader.count_customers(contract, Everything(), None)
        begun.set()
        assert go_on.wait(10)
        second = await reader.count_customers(contract, Everything(), None)
        return first, second

    scan = asyncio.create_task(store.scan(count_twice))
    assert await asyncio.get_running_loop().run_in_executor(None, begun.wait, 10)
    await add_debtor(store, contract)
    go_on.set()
    assert await scan == (1, 1)


@pytest.mark.anyio
async def test_a_scan_holds_up_the_log_only_while_it_lasts(store: SqliteStore, file: Path) -> None:
    contract = await add_contract(store)
    begun, go_on = threading.Event(), threading.Event()

    async def dawdle(reader: Reader) -> None:
        await reader.contracts()
        begun.set()
        assert go_on.wait(10)

    scan = asyncio.create_task(store.scan(dawdle))
    assert await asyncio.get_running_loop().run_in_executor(None, begun.wait, 10)
    await add_debtor(store, contract)
    assert not can_empty_log(file)
    go_on.set()
    await scan
    assert can_empty_log(file)


@pytest.mark.anyio
async def test_a_read_does_not_hold_up_the_log(store: SqliteStore, file: Path) -> None:
    contract = await add_contract(store)
    assert await store.read(lambda reader: reader.contract(contract)) is not None
    await add_debtor(store, contract)
    assert can_empty_log(file)


@pytest.mark.anyio
async def test_a_scan_that_fails_holds_up_nothing(store: SqliteStore, file: Path) -> None:
    await add_contract(store)

    async def fail(reader: Reader) -> None:
        await reader.contracts()
        raise ZeroDivisionError

    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            await store.scan(fail)
    assert len(await store.scan(lambda reader: reader.contracts())) == 1
    assert can_empty_log(file)


@pytest.mark.anyio
async def test_a_closed_store_takes_no_more_and_leaves_one_file(file: Path) -> None:
    store = SqliteStore(file)
    contract = await add_contract(store)
    assert await store.scan(lambda reader: reader.contracts())
    await store.close()
    with pytest.raises(ShuttingDown):
        await add_debtor(store, contract)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def can_empty_log(file: Path) -> bool:
    """Whether the write-ahead log can be emptied now: nobody reads an old state from it."""
    connection = apsw.Connection(str(file))
    try:
        ((is_busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()
    return not is_busy
