"""Tables can be sharded by contract: no key and no query needs rows of two (DESIGN §3).

Read off the schemas of both engines, and off the text of every query with more than one table.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest

import lastschrift.storage
from lastschrift.domain.identity import ContractId
from lastschrift.storage.postgres import account_rows, adding_debtors
from lastschrift.storage.postgres import adding as postgres_adding
from lastschrift.storage.postgres import batch as postgres_batch
from lastschrift.storage.postgres.codec import POSTGRES_CODEC
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.sqlite import adding as sqlite_adding
from lastschrift.storage.sqlite import batch as sqlite_batch
from lastschrift.storage.sqlite.connection import open_for_reading
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.storage.statements import all_statements
from tests.databases import Database
from tests.postgres import execute
from tests.storage.asked import ASKED, statements_of

FOUND_OTHERWISE = {"contract", "client", "access_token", "issuer", "schema_version", "installation"}
"""What is small, or is looked for before it is known whose it is: on every node, or on one."""

Key = tuple[str, str, str]
"""A table, one of its keys, and the first column of that."""


# --- keys -----------------------------------------------------------------------------------------

_SQLITE_TABLES = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sql%'"
_SQLITE_KEYS = """
SELECT t.name, i.name, c.name FROM pragma_table_list t, pragma_index_list(t.name) i,
    pragma_index_info(i.name) c
WHERE t.schema = 'main' AND i.[unique] AND c.seqno = 0
"""
_SQLITE_REFERENCES = """
SELECT t.name, f.[table], f.[from] FROM pragma_table_list t, pragma_foreign_key_list(t.name) f
WHERE t.schema = 'main' AND f.seq = 0
"""
_POSTGRES_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_POSTGRES_KEYS = """
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, a.attname::text
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indisunique AND i.indrelid IN (SELECT c.oid FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace)
"""
_POSTGRES_REFERENCES = """
SELECT f.conrelid::regclass::text, f.confrelid::regclass::text, a.attname::text
FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
WHERE f.contype = 'f'
"""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a database looks like; a reference is a table, what it refers to, and the column."""

    tables: set[str]
    keys: Sequence[Key]
    references: Sequence[Key]


@pytest.fixture
def schema(database: Database) -> Schema:
    if isinstance(database, PostgresInstallation):
        tables = execute(database._url, _POSTGRES_TABLES)
        keys = execute(database._url, _POSTGRES_KEYS)
        references = execute(database._url, _POSTGRES_REFERENCES)
    else:
        assert isinstance(database, SqliteInstallation)
        with closing(open_for_reading(database._path)) as file:
            tables = file.execute(_SQLITE_TABLES).fetchall()
            keys = file.execute(_SQLITE_KEYS).fetchall()
            references = file.execute(_SQLITE_REFERENCES).fetchall()
    return Schema(
        {name for (name,) in tables},
        [(table, key, column) for table, key, column in keys],
        [(table, other, column) for table, other, column in references],
    )


def test_every_key_begins_with_the_contract(schema: Schema) -> None:
    sharded = schema.tables - FOUND_OTHERWISE
    assert {table for table, *_ in schema.keys} >= sharded, "a table has no key"
    wrong = [key for key in schema.keys if key[0] in sharded and key[2] != "contract_id"]
    assert not wrong


def test_every_reference_stays_within_the_contract(schema: Schema) -> None:
    assert schema.references
    for table, other, column in schema.references:
        assert column == "contract_id" or {table, other} <= FOUND_OTHERWISE, (table, other)


# --- queries --------------------------------------------------------------------------------------

_TABLE = re.compile(
    r"\b(?P<verb>FROM|JOIN|UPDATE|INTO)\s+(?P<table>[a-z_]+)"
    r"(?:\s+(?:AS\s+)?(?P<alias>(?!SET|ON|WHERE|ORDER|USING|LEFT|JOIN)[a-z]\w*))?"
)
_SAME_CONTRACT = re.compile(
    r"(?:(\w+)\.)?contract_id = (?:(\$\d+)::uuid|(\w+)\.(?:contract_id|column\d+))"
)
_INSERTED = re.compile(r"INTO (\w+)\s*\(\s*(\w+)")


BATCHES = (sqlite_adding, sqlite_batch, postgres_adding, postgres_batch)


def queries() -> dict[str, str]:
    """Return the text of every statement, by its name."""
    found = {**all_statements(), **_constants(postgres_batch), **_constants(adding_debtors)}
    for name, asked in ASKED.items():
        for kind, statement in statements_of(asked, POSTGRES_CODEC, ContractId(uuid4())).items():
            found[f"{name}: {kind}"] = re.sub(r" /\* by \w+ \*/", "", statement.text)
    for batch in BATCHES:
        for name, make in vars(batch).items():
            if name.endswith("_sql") and not name.startswith("_"):
                found[f"{batch.__name__}: {name}"] = make(3)
    found |= {f"adding, {n}": text for n, text in enumerate(sqlite_adding.ADDING)}
    return found


def _constants(module: ModuleType) -> dict[str, str]:
    return {
        f"{module.__name__}: {name}": text
        for name, text in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(text, str)
    }


QUERIES = queries()


def looks_across(query: str, sharded: Callable[[str], bool]) -> list[str]:
    """Return the tables of a query that it does not look into for one contract only.

    Tables are of one contract if it is said that each has the same as another one, or as an
    argument. A table that is not sharded may be looked into alone.
    """
    read = [found for found in _TABLE.finditer(query) if found["verb"] != "INTO"]
    table_by_name = {found["alias"] or found["table"]: found["table"] for found in read}
    is_joined = len(set(table_by_name.values())) > 1
    group = _together(query)
    if "" in group and not is_joined:
        group.update(table_by_name)
    wrong = [
        table
        for name, table in table_by_name.items()
        if name not in group and (sharded(table) or (is_joined and table in FOUND_OTHERWISE))
    ]
    wrong += [
        table
        for table, first_column in _INSERTED.findall(query)
        if sharded(table) and first_column != "contract_id"
    ]
    return wrong


def _together(query: str) -> set[str]:
    """Return the names that are said to have the same contract; "" is a table without an alias."""
    pairs = [(one, other or value) for one, value, other in _SAME_CONTRACT.findall(query)]
    group = set(pairs[0]) if pairs else set()
    while more := [pair for pair in pairs if group & set(pair) and not group >= set(pair)]:
        group.update(*more)
    return group


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_looks_across_contracts(name: str, schema: Schema) -> None:
    sharded = schema.tables - FOUND_OTHERWISE
    assert looks_across(QUERIES[name], sharded.__contains__) == []


JOINED = "SELECT 1 FROM bank_account a JOIN debtor d ON d.id = a.debtor_id"
OURS = "a.contract_id = $1::uuid"


@pytest.mark.parametrize(
    ("query", "across"),
    [
        ("SELECT id FROM debtor WHERE id = $1::uuid", ["debtor"]),
        ("SELECT id FROM debtor d WHERE d.id = $1::uuid", ["debtor"]),
        ("SELECT id FROM debtor WHERE contract_id = $1::uuid AND id = $2::uuid", []),
        ("SELECT id FROM client WHERE id = $1::uuid", []),
        ("UPDATE bank_account SET owner = NULL WHERE id = $1::uuid", ["bank_account"]),
        ("INSERT INTO debtor (id, contract_id) VALUES ($1::uuid, $2::uuid)", ["debtor"]),
        ("INSERT INTO debtor (contract_id, id) VALUES ($1::uuid, $2::uuid)", []),
        (JOINED, ["bank_account", "debtor"]),
        (f"{JOINED} WHERE {OURS}", ["debtor"]),
        (f"{JOINED} WHERE {OURS} AND d.contract_id = $2::uuid", ["debtor"]),
        (f"{JOINED} WHERE {OURS} AND d.contract_id = $1::uuid", []),
        (f"{JOINED} AND d.contract_id = a.contract_id WHERE {OURS}", []),
        ("SELECT 1 FROM access_token t JOIN client c ON c.id = 1", ["access_token", "client"]),
    ],
)
def test_a_query_that_looks_across_contracts_is_noticed(query: str, across: list[str]) -> None:
    assert looks_across(query, {"debtor", "bank_account"}.__contains__) == across


def texts_in(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_tables_are_joined_nowhere_else() -> None:
    looked_at = {inspect.getfile(it) for it in (*BATCHES, account_rows)}
    folder = Path(inspect.getfile(lastschrift.storage)).parent
    looked_at |= {str(file) for file in (folder / "statements").glob("*.py")}
    files = [file for file in folder.rglob("*.py") if str(file) not in looked_at]
    joining = {file.name for file in files if any(" JOIN " in text for text in texts_in(file))}
    assert joining == set()
