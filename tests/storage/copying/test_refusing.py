"""What can't be copied, and where nothing can be copied to, is told in one line and left alone."""

import asyncio
import errno
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

import apsw
import asyncpg
import pytest

from lastschrift.storage.copying import Observer, copy_database
from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.postgres import transfer
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.sqlite.connection import open_for_reading, open_for_writing
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.storage.sqlite.migrations import newest_schema
from tests.databases import ENGINES
from tests.disks import no_file_longer_than
from tests.postgres import shared_postgres
from tests.storage.copying.contents import fill_sqlite, some_contents
from tests.storage.copying.copies import (
    Database,
    change,
    copy,
    ignore,
    kept_in,
    place_of,
    refusal,
)

T = TypeVar("T")


def elsewhere(work: Callable[[], T]) -> T:
    """Do something on another thread, where an event loop runs on this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


# --- nobody writes meanwhile ----------------------------------------------------------------------


def test_nobody_has_the_file_open_that_is_copied(tmp_path: Path, file: SqliteInstallation) -> None:
    def try_to_read(*_told: object) -> None:
        with closing(open_for_reading(file._path)) as connection:
            connection.set_busy_timeout(0)
            with pytest.raises(apsw.BusyError):
                connection.execute("SELECT * FROM contract")

    copy(file, SqliteInstallation(tmp_path / "copy.db"), try_to_read)


@pytest.mark.parametrize("open_file", [open_for_reading, open_for_writing])
def test_a_file_that_somebody_has_open_is_not_copied(
    tmp_path: Path, file: SqliteInstallation, open_file: Callable[[Path], apsw.Connection]
) -> None:
    target = SqliteInstallation(tmp_path / "copy.db")
    with closing(open_file(file._path)) as connection:
        connection.execute("SELECT * FROM contract").fetchall()
        assert refusal(file, target) == (
            f"{place_of(file)}: another process has it open; stop that first"
        )
    assert target.kind() is None


_DELETE_WITHOUT_WAITING = """
DO $$ BEGIN
    SET LOCAL lock_timeout = 10;
    DELETE FROM access_token;
END $$
"""


def test_nobody_writes_what_is_copied_from_a_server_but_all_may_read(
    tmp_path: Path, server: PostgresInstallation
) -> None:
    def try_both(*_told: object) -> None:
        elsewhere(lambda: change(server, "SELECT * FROM debtor FOR KEY SHARE"))
        with pytest.raises(asyncpg.LockNotAvailableError):
            elsewhere(lambda: change(server, _DELETE_WITHOUT_WAITING))

    copy(server, SqliteInstallation(tmp_path / "copy.db"), try_both)
    change(server, "DELETE FROM access_token")


def test_a_server_that_somebody_writes_to_for_long_is_not_copied(
    server: PostgresInstallation, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_LOCK_WAIT_S", 0.05)

    async def try_to_copy() -> str:
        connection = await asyncpg.connect(server._url)
        try:
            await connection.execute("BEGIN; UPDATE contract SET name = name")
            with pytest.raises(DatabaseRefused) as refused:
                await copy_database(server, target, ignore)
        finally:
            await connection.close()
        return str(refused.value)

    assert asyncio.run(try_to_copy()) == (
        f"{place_of(server)}: is being written, and could not be locked within 0.05 s; "
        "stop its servers, or try again"
    )
    assert target.kind() is None


_CUT_OFF = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def test_a_server_that_was_lost_while_the_copy_was_read_may_have_been_written(
    server: PostgresInstallation, target: Database
) -> None:
    def cut_off(work: str, *_told: object) -> None:
        if work == "comparing":
            elsewhere(lambda: change(server, _CUT_OFF))

    with pytest.raises(DatabaseRefused) as refused:
        copy(server, target, cut_off)
    assert str(refused.value).startswith(f"{place_of(server)}: ")
    assert target.kind() is None
    copy(server, target)
    assert target.kind() == "production"


def test_two_copies_to_one_place_take_turns(
    tmp_path: Path, file: SqliteInstallation, target: Database
) -> None:
    fill_sqlite(tmp_path / "second.db", some_contents(1))
    second = SqliteInstallation(tmp_path / "second.db")
    told: set[str] = set()

    def try_the_second(_work: str, table: str, _rows: int, _rows_total: int) -> None:
        if table == "debtor" and not told:
            told.add(elsewhere(lambda: refusal(second, target)))

    copy(file, target, try_the_second)
    assert told <= {
        f"{place_of(target)}.part: another process has it open; stop that first",
        f"{place_of(target)}: another command is making it; wait until that has ended",
    }
    assert len(told) == 1


def test_a_disk_that_fills_up_when_the_file_gets_its_name_is_told(tmp_path: Path) -> None:
    fill_sqlite(tmp_path / "much.db", some_contents(200))
    source, target = (SqliteInstallation(tmp_path / name) for name in ("much.db", "copy.db"))
    part = tmp_path / "copy.db.part"

    def stop_half_way(_work: str, _table: str, rows: int, rows_total: int) -> None:
        if rows > rows_total / 2:
            raise KeyboardInterrupt

    def fill_disk(work: str, *_told: object) -> None:
        if work == "comparing":
            limited.enter_context(no_file_longer_than(part.stat().st_size))

    with pytest.raises(KeyboardInterrupt):
        copy_whole_tables(source, target, stop_half_way)
    with ExitStack() as limited, pytest.raises(DatabaseRefused) as refused:
        copy_whole_tables(source, target, fill_disk)
    assert str(refused.value) == f"{part}: can't be written; look at the disk: is it full?"
    assert not (tmp_path / "copy.db").exists()
    copy_whole_tables(source, target, ignore)
    assert kept_in(target) == kept_in(source)
    assert target.check_structure()


def test_what_is_wrong_with_a_file_is_not_told_of_the_server_that_is_copied(
    tmp_path: Path, server: PostgresInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_disk(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("os.fsync", break_disk)
    with pytest.raises(OSError, match="Input/output error") as refused:
        copy(server, SqliteInstallation(tmp_path / "copy.db"))
    assert refused.value.filename == str(tmp_path / "copy.db.part")
    assert not (tmp_path / "copy.db").exists()


def copy_whole_tables(source: Database, target: Database, observe: Observer) -> None:
    asyncio.run(copy_database(source, target, observe))


# --- databases that are not what they should be ---------------------------------------------------


def test_where_no_installation_is_there_is_nothing_to_copy(
    tmp_path: Path, target: Database
) -> None:
    nothing = SqliteInstallation(tmp_path / "nothing.db")
    told = f"{tmp_path}/nothing.db: there is no database; name another one"
    assert refusal(nothing, target) == told
    with shared_postgres().lent_nothing() as url:
        told = f"{url}: holds no installation; name another database"
        assert refusal(PostgresInstallation(url, url), target) == told


@contextmanager
def copied_to(
    engine: str, directory: Path, file: SqliteInstallation, schema: int
) -> Iterator[Database]:
    """Lend a copy that says it has another schema."""
    if engine == "sqlite":
        copy(file, other := SqliteInstallation(directory / "other.db"))
        change(other, f"PRAGMA user_version = {schema}")
        yield other
        return
    with shared_postgres().lent_nothing() as url:
        copy(file, there := PostgresInstallation(url, url))
        change(there, "DELETE FROM schema_version WHERE number > 1")
        change(there, f"UPDATE schema_version SET number = {schema}")
        yield there


NEWER, OLDER = newest_schema() + 1, -1
TOLD = {
    NEWER: f"this program knows {newest_schema()}; run the newer Lastschrift that wrote it",
    OLDER: f"this program needs {newest_schema()}; run `lastschrift migrate`",
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("schema", [NEWER, OLDER])
def test_a_database_of_another_schema_is_not_copied_from_or_to(
    tmp_path: Path, file: SqliteInstallation, engine: str, schema: int
) -> None:
    with copied_to(engine, tmp_path, file, schema) as other:
        told = f"{place_of(other)}: the database has schema {schema}, {TOLD[schema]}"
        assert refusal(other, SqliteInstallation(tmp_path / "copy.db")) == told
        assert refusal(file, other) == told


def test_another_program_s_database_is_no_place_for_a_copy(
    tmp_path: Path, file: SqliteInstallation
) -> None:
    theirs = SqliteInstallation(tmp_path / "theirs.db")
    with shared_postgres().lent_nothing() as url:
        for target in (theirs, PostgresInstallation(url, url)):
            change(target, "CREATE TABLE theirs (a int)")
            assert refusal(file, target) == (
                f"{place_of(target)}: the database belongs to another program; name another one"
            )


def test_what_can_t_be_reached_is_told(file: SqliteInstallation) -> None:
    nowhere = PostgresInstallation("postgresql://me:canary@127.0.0.1:1/debit", "the place")
    for source, target in ((file, nowhere), (nowhere, file)):
        told = refusal(source, target)
        assert told.startswith("the place: can't be reached; is PostgreSQL running there")


def test_rows_that_contradict_each_other_are_told(
    tmp_path: Path, server: PostgresInstallation
) -> None:
    change(server, "UPDATE bank_account SET debtor_id = gen_random_uuid()")
    target = SqliteInstallation(tmp_path / "copy.db")
    assert refusal(server, target) == (
        f"{tmp_path}/copy.db: does not take what table bank_account has "
        "(FOREIGN KEY constraint failed); "
        "the source contradicts itself: put it back from its newest copy"
    )
    assert target.kind() is None
