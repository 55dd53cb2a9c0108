"""The list of all tables, held against what the migrations of both engines make."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from lastschrift.storage.codec import Row
from lastschrift.storage.sqlite.connection import open_for_reading
from lastschrift.storage.tables import ENGINES_OWN, REFERENCES, TABLES, Kind
from tests.databases import copy_empty_database
from tests.postgres import shared_postgres

MARKS = {"installation", "schema_version"}
"""What says whose database it is, and of which schema: no copy takes it as it is."""

Schema = dict[str, dict[str, str]]
"""The type of each column, in their order, by table."""

POSTGRES_TYPES: Mapping[Kind, set[str]] = {
    Kind.ID: {"uuid"},
    Kind.INSTANT: {"timestamp with time zone"},
    Kind.JSON: {"jsonb"},
    Kind.BYTES: {"bytea"},
    Kind.TEXT: {"text"},
    Kind.INTEGER: {"integer", "bigint"},
}
SQLITE_TYPES: Mapping[Kind, set[str]] = {
    Kind.ID: {"BLOB"},
    Kind.INSTANT: {"INTEGER"},
    Kind.JSON: {"TEXT"},
    Kind.BYTES: {"BLOB"},
    Kind.TEXT: {"TEXT"},
    Kind.INTEGER: {"INTEGER"},
}


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[apsw.Connection]:
    copy_empty_database(tmp_path / "lastschrift.db")
    with closing(open_for_reading(tmp_path / "lastschrift.db")) as connection:
        yield connection


def schema_of(columns: Iterable[Row]) -> Schema:
    schema: Schema = {}
    for table, column, kind in columns:
        if table not in MARKS and (table, column) not in ENGINES_OWN:
            schema.setdefault(table, {})[column] = kind
    return schema


def assert_listed(schema: Schema, types: Mapping[Kind, set[str]]) -> None:
    assert schema.keys() == {table.name for table in TABLES}, "list it in storage/tables.py"
    for table in TABLES:
        assert list(schema[table.name]) == list(table.columns), table.name
        for column, kind in table.columns.items():
            assert schema[table.name][column] in types[kind], (table.name, column)


def test_the_list_has_every_table_and_column_of_sqlite(sqlite: apsw.Connection) -> None:
    columns = sqlite.execute(
        "SELECT t.name, c.name, c.type FROM pragma_table_list t, pragma_table_info(t.name) c"
        " WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid"
    )
    assert_listed(schema_of(columns), SQLITE_TYPES)


def test_the_list_has_every_table_and_column_of_postgresql() -> None:
    server = shared_postgres()
    columns = server.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY table_name, ordinal_position",
        server.create_migrated().rpartition("/")[2],
    )
    assert_listed(schema_of(columns), POSTGRES_TYPES)


def test_text_in_a_key_is_sorted_by_its_bytes_on_every_engine() -> None:
    server = shared_postgres()
    found = server.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND collation_name = 'C'",
        server.create_migrated().rpartition("/")[2],
    )
    wanted = {
        (table.name, column)
        for table in TABLES
        for column in table.key
        if table.columns[column] is Kind.TEXT
    }
    assert wanted <= {tuple(row) for row in found}, 'say COLLATE "C" in the migration'


def test_a_key_in_the_list_is_the_table_s_key(sqlite: apsw.Connection) -> None:
    for table in TABLES:
        found = sqlite.execute(
            "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", (table.name,)
        )
        assert tuple(name for (name,) in found) == table.key


def test_a_table_stands_behind_all_that_it_refers_to(sqlite: apsw.Connection) -> None:
    names = [table.name for table in TABLES]
    for place, name in enumerate(names):
        found = sqlite.execute("SELECT [table] FROM pragma_foreign_key_list(?)", (name,))
        assert {referred for (referred,) in found} <= set(names[:place]), name


def test_every_reference_that_is_kept_is_in_the_list(sqlite: apsw.Connection) -> None:
    kept = sqlite.execute(
        "SELECT t.name, max(f.[from]), f.[table]"  # of several columns the first is contract_id
        " FROM pragma_table_list t, pragma_foreign_key_list(t.name) f"
        " WHERE t.schema = 'main' GROUP BY t.name, f.id"
    )
    listed = {(each.table, each.columns[-1], each.target) for each in REFERENCES}
    assert set(kept) <= listed


def test_what_is_in_the_list_of_references_is_a_column_s_name() -> None:
    columns = {table.name: table.columns for table in TABLES}
    for each in REFERENCES:
        assert set(each.columns) <= columns[each.table].keys()
        assert set(each.target_columns) <= columns[each.target].keys()
