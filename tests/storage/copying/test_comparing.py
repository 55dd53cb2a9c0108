"""A copy that is not the same as its source is found, and is no installation."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lastschrift.storage.codec import Row
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.storage.tables import TABLES, Kind, Table
from tests.storage.copying.contents import NOW, fill_sqlite, some_contents
from tests.storage.copying.copies import (
    ROWS,
    Database,
    Meddle,
    change,
    copy,
    kept_in,
    meddled,
    miscounted,
    place_of,
    refusal,
)

OTHER_VALUE: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.ID: lambda _: UUID(int=99),
    Kind.INSTANT: lambda instant: (instant or NOW) + timedelta(microseconds=1),
    Kind.JSON: lambda value: {**value, "": None},
    Kind.BYTES: lambda value: value + b"\0",
    Kind.TEXT: lambda text: text + " ",
    Kind.INTEGER: lambda number: number + 1,
}
"""As little as can be."""

BOUND = {
    "kind",
    "identity_linking",
    "manages",
    "contract_id",
    "client_id",
    "identity_id",
    "debtor_id",
}
"""Columns that can't be just anything."""

CHANGEABLE = [
    (table.name, column)
    for table in TABLES
    for column in table.columns
    if column not in BOUND | set(table.key)
]


def changing(name: str, column: str) -> Meddle:
    """Return what changes a column of the last row of each piece of a table."""

    def meddle(table: Table, rows: Sequence[Row]) -> Sequence[Row]:
        if table.name != name:
            return rows
        values = dict(zip(table.columns, rows[-1], strict=True))
        values[column] = OTHER_VALUE[table.columns[column]](values[column])
        return [*rows[:-1], tuple(values.values())]

    return meddle


@pytest.mark.parametrize(("name", "column"), CHANGEABLE)
def test_a_changed_value_is_found_in_every_column(
    tmp_path: Path, file: SqliteInstallation, name: str, column: str
) -> None:
    target = SqliteInstallation(tmp_path / "copy.db")
    with meddled(target, changing(name, column)):
        told = refusal(file, target)
    assert f": table {name} came out differently: {ROWS} rows with checksum " in told


def test_what_came_out_differently_is_no_installation_and_is_copied_anew(
    file: SqliteInstallation, target: Database
) -> None:
    with meddled(target, changing("bank_account", "iban_sealed")):
        assert "table bank_account came out differently" in refusal(file, target)
    assert target.kind() is None
    copy(file, target)
    assert kept_in(target) == kept_in(file)


def test_a_lost_row_is_found(file: SqliteInstallation, target: Database) -> None:
    with meddled(target, lambda _, rows: rows[:-1] or rows):
        told = refusal(file, target)
    assert "table contract came out differently: 3 rows with checksum " in told
    assert f", the source has {ROWS} with " in told


def test_a_row_that_the_source_does_not_give_is_missed(
    file: SqliteInstallation, target: Database
) -> None:
    with miscounted(file):
        assert refusal(file, target) == (
            f"{place_of(file)}: of table contract {ROWS} rows of {ROWS + 1} can be read; "
            "lastschrift doctor looks whether it is damaged"
        )
    assert target.kind() is None


def test_a_finished_copy_is_compared_when_it_is_asked_for_again(
    source: Database, target: Database
) -> None:
    assert copy(source, target) == copy(source, target)


def test_a_finished_copy_that_has_gone_its_own_way_is_left_alone(
    file: SqliteInstallation, target: Database
) -> None:
    copy(file, target)
    change(target, "UPDATE bank_account SET owner = 'Jane Doe'")
    before = kept_in(target)
    assert refusal(file, target) == (
        f"{place_of(target)}: holds another installation already; name an empty database"
    )
    assert kept_in(target) == before


def test_another_installation_is_left_alone(
    tmp_path: Path, file: SqliteInstallation, target: Database
) -> None:
    fill_sqlite(tmp_path / "other.db", some_contents(ROWS + 1))
    copy(SqliteInstallation(tmp_path / "other.db"), target)
    before = kept_in(target)
    assert "holds another installation already" in refusal(file, target)
    assert kept_in(target) == before
