"""From PostgreSQL's form to SQLite's; what is not known stops the start."""

import re
from pathlib import Path

import apsw
import pytest

from lastschrift.storage.sqlite.connection import open_for_writing
from lastschrift.storage.sqlite.dialect import TRANSLATED, NotTranslatable, to_sqlite
from lastschrift.storage.statements import all_statements


@pytest.mark.parametrize(
    ("statement", "translated"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT $1::uuid", "SELECT ?1"),
        ("SELECT $2::text, $1::timestamptz, $2::text", "SELECT ?2, ?1, ?2"),
        ("SELECT $10::bytea, $1::bytea", "SELECT ?10, ?1"),
        ("SELECT 1 FROM debtor FOR SHARE", "SELECT 1 FROM debtor"),
        ("SELECT 1\nFROM debtor d\nFOR SHARE OF d", "SELECT 1\nFROM debtor d"),
        ("SELECT 1 FROM debtor FOR UPDATE", "SELECT 1 FROM debtor"),
        ('SELECT name COLLATE "C" FROM client', "SELECT name FROM client"),
        (
            "SELECT 1 FROM debtor d /* by x */ WHERE d.id = 1 AND d.folded >= '' AND 2",
            "SELECT 1 FROM debtor d INDEXED BY x WHERE d.id = 1 AND 2",
        ),
    ],
)
def test_a_known_form_is_translated(statement: str, translated: str) -> None:
    assert to_sqlite(statement) == translated


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT $1",
        "SELECT $1::uuid[]::text",
        "SELECT created::date FROM debtor",
        "SELECT CAST($1::text AS uuid)",
        "SELECT cast(1 AS bigint)",
        "SELECT 1 FROM debtor FOR NO KEY UPDATE",
        "SELECT 1 FROM debtor FOR KEY SHARE",
        "SELECT * FROM unnest($1::uuid)",
        "SELECT $name::text",
    ],
)
def test_an_unknown_form_is_refused(statement: str) -> None:
    with pytest.raises(NotTranslatable):
        to_sqlite(statement)


def test_all_statements_are_translated() -> None:
    assert len(all_statements()) > 20
    assert set(all_statements().values()) <= set(TRANSLATED)


@pytest.mark.parametrize("statement", TRANSLATED, ids=lambda text: " ".join(text.split()[:6]))
def test_each_statement_runs_on_the_schema_there_is(file: Path, statement: str) -> None:
    connection = open_for_writing(file)
    arguments = re.findall(r"\$(\d+)::", statement)
    count = max(map(int, arguments), default=0)
    try:
        connection.execute(f"EXPLAIN {TRANSLATED[statement]}", (None,) * count).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("statement", [text for text in TRANSLATED if "contract_id = $1" in text])
def test_a_look_up_by_contract_uses_an_index(file: Path, statement: str) -> None:
    connection = open_for_writing(file)
    count = max(map(int, re.findall(r"\$(\d+)::", statement)))
    try:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN {TRANSLATED[statement]}", (None,) * count
        ).fetchall()
    finally:
        connection.close()
    steps = [str(detail) for *_, detail in plan]
    assert [step for step in steps if step.startswith("SCAN")] == []


def test_apsw_binds_numbered_arguments_by_number() -> None:
    connection = apsw.Connection(":memory:")
    assert connection.execute("SELECT ?2, ?1, ?2", ("a", "b")).fetchall() == [("b", "a", "b")]
