"""A disk that takes no more, for real: the system lets no file of this process grow any further."""

import asyncio
from pathlib import Path

import apsw
import pytest

from lastschrift.domain.errors import StoreFailed
from lastschrift.domain.party import Party
from lastschrift.operations.ports import Page, Reader
from lastschrift.storage.sqlite.store import SqliteStore
from tests.databases import copy_empty_database
from tests.disks import no_file_longer_than
from tests.storage.filling import (
    add_contract,
    add_debtor,
    list_customers,
)

pytestmark = pytest.mark.anyio


async def test_who_reads_from_a_broken_disk_is_told_to_come_back(tmp_path: Path) -> None:
    database = tmp_path / "lastschrift.db"
    copy_empty_database(database)
    store = SqliteStore(database)

    async def fail(_reader: Reader) -> None:
        raise apsw.IOError("disk I/O error")

    async def be_wrong(_reader: Reader) -> None:
        raise apsw.SQLError("no such column")

    for reading in (store.read, store.scan):
        with pytest.raises(StoreFailed):
            await reading(fail)
        with pytest.raises(apsw.SQLError):
            await reading(be_wrong)
    await store.close()


async def test_a_full_disk_fails_all_who_wait_and_keeps_nothing_of_theirs(tmp_path: Path) -> None:
    database = tmp_path / "lastschrift.db"
    copy_empty_database(database)
    store = SqliteStore(database)
    contract = await add_contract(store)
    with no_file_longer_than((tmp_path / "lastschrift.db-wal").stat().st_size):
        jobs = [add_debtor(store, contract, contact=Party(full_name="x" * 9_000)) for _ in "abc"]
        failures = await asyncio.gather(*jobs, return_exceptions=True)
    assert [type(failure) for failure in failures] == [StoreFailed] * 3
    await add_debtor(store, contract)
    listing = await list_customers(store, contract, Page(9, 0))
    assert listing.total == 1
    await store.close()

    again = SqliteStore(database)
    listing = await list_customers(again, contract, Page(9, 0))
    assert listing.total == 1
    await again.close()
