"""All that a database holds arrives in its copy, whatever interrupts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from lastschrift.storage.codec import Row
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.storage.tables import TABLES, Table
from tests.postgres import shared_postgres
from tests.storage.copying.contents import Contents, drawn_contents, fill_sqlite, some_contents
from tests.storage.copying.copies import (
    PIECES,
    ROWS,
    Database,
    change,
    copy,
    empty_database,
    kept_in,
    meddled,
    written,
)


class Interrupted(Exception):
    """What a test interrupts a copy with."""


@dataclass(slots=True)
class StopAt:
    """Interrupts a copy when it has told so many times how far it is."""

    reports: int

    def __call__(self, _work: str, _table: str, _rows: int, _rows_total: int) -> None:
        self.reports -= 1
        if self.reports == 0:
            raise Interrupted


# --- all of it ------------------------------------------------------------------------------------


def test_all_that_a_database_holds_arrives(source: Database, target: Database) -> None:
    copied = copy(source, target)
    assert kept_in(target) == kept_in(source) == written(some_contents(ROWS))
    assert target.kind() == "production"
    assert [(name, rows) for name, rows, _ in copied] == [(table.name, ROWS) for table in TABLES]


@settings(max_examples=25)
@given(drawn_contents())
def test_what_goes_there_and_back_is_the_same(contents: Contents) -> None:
    with TemporaryDirectory() as scratch, empty_database("postgres", Path()) as there:
        origin = SqliteInstallation(Path(scratch) / "lastschrift.db")
        back = SqliteInstallation(Path(scratch) / "back.db")
        fill_sqlite(origin._path, contents)
        assert copy(origin, there) == copy(there, back) == copy(origin, back)
        assert kept_in(back) == kept_in(there) == written(contents)


def test_a_sandbox_stays_a_sandbox(tmp_path: Path, target: Database) -> None:
    fill_sqlite(tmp_path / "sandbox.db", some_contents(1), "sandbox")
    copy(SqliteInstallation(tmp_path / "sandbox.db"), target)
    assert target.kind() == "sandbox"


def test_a_database_without_tables_is_given_them(file: SqliteInstallation) -> None:
    with shared_postgres().lent_nothing() as url:
        copy(file, PostgresInstallation(url, url))
        assert kept_in(PostgresInstallation(url, url)) == kept_in(file)


def test_a_file_gets_its_name_when_it_is_whole(tmp_path: Path, file: SqliteInstallation) -> None:
    seen: set[str] = set()

    def look(*_told: object) -> None:
        seen.update(path.name for path in tmp_path.iterdir())

    copy(file, SqliteInstallation(tmp_path / "copy.db"), look)
    assert "copy.db.part" in seen
    assert "copy.db" not in seen
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.db"]
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def test_how_far_it_is_is_told(file: SqliteInstallation, target: Database) -> None:
    told: list[tuple[str, str, int, int]] = []
    copy(file, target, lambda *report: told.append(report))
    total = ROWS * len(TABLES)
    assert told[0] == ("copying", "contract", 2, total)
    assert told[len(told) // 2 - 1] == ("copying", TABLES[-1].name, total, total)
    assert told[-1] == ("comparing", TABLES[-1].name, total, total)


# --- whatever interrupts it -----------------------------------------------------------------------


def test_a_copy_is_gone_on_with_wherever_it_is_interrupted(
    file: SqliteInstallation, target: Database
) -> None:
    added: list[Row] = []

    def note(_table: Table, rows: Sequence[Row]) -> Sequence[Row]:
        added.extend(rows)
        return rows

    with meddled(target, note):
        for reports in range(1, len(TABLES) * PIECES * 2 + 1):  # copied, then compared
            with pytest.raises(Interrupted):
                copy(file, target, StopAt(reports))
            assert target.kind() is None
        copy(file, target)
    assert kept_in(target) == kept_in(file)
    assert len(added) == len(TABLES) * ROWS, "something was copied twice"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contract SET name = 'Other Ltd'",
        "DELETE FROM access_token",
        "DELETE FROM bank_account WHERE fingerprint > x'01'",
        "INSERT INTO contract VALUES (randomblob(16), 'One more', 1, 'first_use')",
        """
        INSERT INTO debtor (contract_id, id, kind, contact, created)
        SELECT id, randomblob(16), 'customer', '{}', 1 FROM contract
        """,
    ],
)
def test_what_has_changed_since_the_interruption_is_copied_as_it_is_now(
    file: SqliteInstallation, target: Database, statement: str
) -> None:
    with pytest.raises(Interrupted):
        copy(file, target, StopAt(len(TABLES) * PIECES))
    change(file, statement)
    copy(file, target)
    assert kept_in(target) == kept_in(file)


@pytest.mark.parametrize("left", [b"half a file", b""])
def test_half_a_file_is_in_nobodys_way(
    tmp_path: Path, file: SqliteInstallation, left: bytes
) -> None:
    (tmp_path / "copy.db.part").write_bytes(left)
    copy(file, SqliteInstallation(tmp_path / "copy.db"))
    assert kept_in(SqliteInstallation(tmp_path / "copy.db")) == kept_in(file)


def test_what_an_interrupted_sandbox_left_is_not_gone_on_with(
    tmp_path: Path, file: SqliteInstallation
) -> None:
    fill_sqlite(tmp_path / "copy.db.part", some_contents(ROWS + 1), "sandbox")
    target = SqliteInstallation(tmp_path / "copy.db")
    copy(file, target)
    assert kept_in(target) == kept_in(file)
    assert target.kind() == "production"


def test_what_an_interrupted_sandbox_made_empty_becomes_what_is_copied(
    tmp_path: Path, file: SqliteInstallation
) -> None:
    fill_sqlite(tmp_path / "copy.db.part", some_contents(0), "sandbox")
    target = SqliteInstallation(tmp_path / "copy.db")
    copy(file, target)
    assert target.kind() == "production"
