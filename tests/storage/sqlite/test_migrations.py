"""Schemas: made fresh, brought forward, and told by name where they don't fit."""

from contextlib import closing
from pathlib import Path

import apsw
import pytest

from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.schema import (
    Migration,
    NotOurDatabase,
    SchemaTooNew,
    SchemaTooOld,
    migrations_in,
)
from lastschrift.storage.sqlite import migrations
from lastschrift.storage.sqlite.connection import open_for_writing
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.storage.sqlite.migrations import (
    check_schema,
    migrate,
    newest_schema,
    schema_of,
)
from lastschrift.storage.sqlite.store import SqliteStore
from tests.audit.trails import verified

FILE, MEMORY = 1, 2  # https://www.sqlite.org/pragma.html#pragma_temp_store


@pytest.fixture
def connection(tmp_path: Path) -> apsw.Connection:
    return open_for_writing(tmp_path / "fresh.db")


def tables(connection: apsw.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {name for (name,) in rows}


def test_a_fresh_database_gets_every_script(connection: apsw.Connection) -> None:
    applied = migrate(connection)
    assert [int(name[:4]) for name in applied] == list(range(1, newest_schema() + 1))
    check_schema(connection)
    assert "bank_account" in tables(connection)


def test_a_second_time_there_is_nothing_to_do(connection: apsw.Connection) -> None:
    migrate(connection)
    assert migrate(connection) == []


def test_an_empty_database_is_too_old(connection: apsw.Connection) -> None:
    with pytest.raises(SchemaTooOld, match="lastschrift migrate") as refusal:
        check_schema(connection)
    assert (refusal.value.found, refusal.value.needed) == (0, newest_schema())


def test_a_newer_database_is_refused(connection: apsw.Connection) -> None:
    migrate(connection)
    connection.pragma("user_version", newest_schema() + 1)
    with pytest.raises(SchemaTooNew, match="newer"):
        migrate(connection)
    with pytest.raises(SchemaTooNew):
        check_schema(connection)


@pytest.mark.parametrize(
    "script",
    ["CREATE TABLE theirs (a)", "PRAGMA application_id = 7; CREATE TABLE theirs (a)"],
)
def test_another_programs_database_is_left_alone(connection: apsw.Connection, script: str) -> None:
    connection.execute(script)
    with pytest.raises(NotOurDatabase):
        migrate(connection)
    with pytest.raises(NotOurDatabase):
        check_schema(connection)
    assert tables(connection) == {"theirs"}


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE first (a); CREATE TABLE second (a; CREATE TABLE third (a)",
        "CREATE TABLE first (a); INSERT INTO nowhere VALUES (1)",
        "CREATE TABLE first (a) STRICT",  # a column without a type
    ],
)
def test_a_script_that_breaks_off_leaves_nothing(connection: apsw.Connection, script: str) -> None:
    migrate(connection)
    before = tables(connection)
    with pytest.raises(apsw.SQLError):
        migrations._apply(connection, Migration(newest_schema() + 1, "broken", script))
    assert tables(connection) == before
    assert schema_of(connection) == newest_schema()
    assert not connection.in_transaction


@pytest.mark.anyio
async def test_a_store_does_not_open_an_old_schema(tmp_path: Path) -> None:
    open_for_writing(tmp_path / "empty.db").close()
    with pytest.raises(SchemaTooOld):
        SqliteStore(tmp_path / "empty.db")


def test_every_table_is_strict(connection: apsw.Connection) -> None:
    migrate(connection)
    rows = connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'")
    assert {name for name, is_strict in rows if not is_strict} == {"sqlite_schema"}


OF_SCHEMA_2 = """
INSERT INTO contract VALUES (x'01', 'Example Inc.', 1);
INSERT INTO debtor VALUES (x'01', x'02', 'customer', '{"family_name":"Doe"}', 2, NULL);
INSERT INTO debtor VALUES (x'01', x'03', 'service_identity', '{}', 3, 4);
INSERT INTO client VALUES (x'04', x'01', 'shop', x'00', '', x'03', 5, NULL);
INSERT INTO bank_account (contract_id, id, debtor_id, fingerprint, created)
VALUES (x'01', x'05', x'02', x'06', 7);
"""


def test_what_was_kept_in_an_older_schema_is_there_after_all_steps(
    connection: apsw.Connection,
) -> None:
    for step in list(migrations_in(migrations.__name__).values())[:2]:
        migrations._apply(connection, step)
    connection.execute(OF_SCHEMA_2)
    migrate(connection)
    kept = "SELECT id, kind, contact, created, updated, deleted FROM debtor ORDER BY id"
    assert connection.execute(kept).fetchall() == [
        (b"\x02", "customer", '{"family_name":"Doe"}', 2, None, None),
        (b"\x03", "service_identity", "{}", 3, 4, None),
    ]
    assert connection.execute("SELECT debtor_id FROM bank_account").get == b"\x02"
    assert connection.pragma("foreign_keys") == 1
    with pytest.raises(apsw.ConstraintError):
        connection.execute("DELETE FROM debtor WHERE id = x'02'")


def test_what_was_kept_before_is_folded(connection: apsw.Connection) -> None:
    for step in list(migrations_in(migrations.__name__).values())[:3]:
        migrations._apply(connection, step)
    connection.execute("INSERT INTO contract (id, name, created) VALUES (x'01', '', 1)")
    debtors = [
        (b"\x01", number.to_bytes(2, "big"), '{"family_name":"Groß"}') for number in range(9)
    ]
    connection.executemany(
        "INSERT INTO debtor (contract_id, id, kind, contact, created)"
        " VALUES (?, ?, 'customer', ?, 1)",
        debtors,
    )
    connection.execute(
        "INSERT INTO bank_account (contract_id, id, owner, created) VALUES (x'01', x'05', 'ÄÖ', 7)"
    )
    migrate(connection)
    folded = "SELECT folded_family_name, folded_contact FROM debtor"
    assert connection.execute(folded).fetchall() == [("gross", '{"full_name":"gross"}')] * 9
    assert connection.execute("SELECT folded_owner FROM bank_account").get == "äö"


def test_a_file_whose_references_lead_nowhere_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(open_for_writing(path)) as connection:
        for step in list(migrations_in(migrations.__name__).values())[:3]:
            migrations._apply(connection, step)
        connection.pragma("foreign_keys", "off")
        connection.execute(
            "INSERT INTO bank_account (contract_id, id, created) VALUES (x'01', x'05', 7)"
        )
    with pytest.raises(DatabaseRefused) as refused:
        SqliteInstallation(path).migrate()
    assert str(refused.value).startswith(f"{path}: contradicts itself (migration ")
    with closing(open_for_writing(path)) as connection:
        assert schema_of(connection) == 3


def test_a_script_that_breaks_a_reference_leaves_nothing(connection: apsw.Connection) -> None:
    migrate(connection)
    script = "INSERT INTO client VALUES (x'01', x'02', 'of nobody', x'', '', NULL, 1, NULL, 0)"
    with pytest.raises(apsw.ConstraintError, match="breaks 1 reference"):
        migrations._apply(connection, Migration(newest_schema() + 1, "broken", script))
    assert connection.execute("SELECT count(*) FROM client").get == 0
    assert schema_of(connection) == newest_schema()
    assert connection.pragma("foreign_keys") == 1


def test_what_is_sorted_meanwhile_is_not_kept_in_memory(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_in = []

    def look(migrating: apsw.Connection) -> None:
        kept_in.append(migrating.pragma("temp_store"))

    monkeypatch.setattr(migrations, "_FILLS", {newest_schema(): look})
    migrate(connection)
    assert (kept_in, connection.pragma("temp_store")) == ([FILE], MEMORY)


@pytest.mark.anyio
async def test_what_was_written_down_before_is_chained_as_of_then(
    connection: apsw.Connection, tmp_path: Path
) -> None:
    for step in list(migrations_in(migrations.__name__).values())[:5]:
        migrations._apply(connection, step)
    connection.executemany(
        "INSERT INTO audit_entry VALUES (?, ?, ?, 7, NULL, 'made', ?)",
        [
            (bytes([of] * 16), bytes([of % 2] * 16), number, bytes([number] * 16))
            for of in range(3)
            for number in (1, 2, 5)
        ],
    )
    migrate(connection)
    database = SqliteInstallation(tmp_path / "fresh.db")
    found = await verified(database)
    assert (found.entries, found.chains, found.faults) == (9, 3, [])
    connection.execute("DROP TRIGGER audit_entry_stays")
    connection.execute("DELETE FROM audit_entry WHERE sequence = 2 AND writer = ?", (bytes(16),))
    assert (await verified(database)).faults_total == 2
