"""Tables can be sharded by contract: no key and no query needs rows of two (DESIGN §3).

Read off the schemas of both engines, and off the text of every query (`tests.storage.scopes`).
"""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

import lastschrift
import lastschrift.storage
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.sqlite.connection import open_for_reading
from lastschrift.storage.sqlite.installation import SqliteInstallation
from tests.databases import Database
from tests.postgres import execute
from tests.storage.queries import BATCHES, FOUND_OTHERWISE, KNOWN, TABLE_NAMES, queries
from tests.storage.scopes import Scope, Unreadable, scopes_of

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


def test_every_table_is_known(schema: Schema) -> None:
    assert schema.tables <= TABLE_NAMES


def test_every_key_begins_with_the_contract(schema: Schema) -> None:
    sharded = schema.tables - FOUND_OTHERWISE
    assert {table for table, *_ in schema.keys} >= sharded, "a table has no key"
    wrong = [key for key in schema.keys if key[0] in sharded and key[2] != "contract_id"]
    assert not wrong


def test_every_reference_stays_within_the_contract(schema: Schema) -> None:
    assert schema.references
    for table, other, column in schema.references:
        assert column == "contract_id" or {table, other} <= FOUND_OTHERWISE, (table, other)


QUERIES = queries()


# --- what a query looks into ----------------------------------------------------------------------


def looks_across(
    query: str, sharded: Callable[[str], bool], given: AbstractSet[str] = frozenset()
) -> list[str]:
    """Return the tables of a query that it does not look into for one contract only.

    In each scope, each table has to have the contract that an argument says, a row of VALUES or
    unnest, a CTE, or a row of the scope around it; all of a scope the same one, and no two
    arguments in the whole query. A table that is not sharded may be looked into alone, beside and
    within no other. ``given`` are names that are taken as being of one contract.
    """
    wrong: list[str] = []
    ours: AbstractSet[str] = frozenset()
    for scope in scopes_of(query):
        origins = _origins(scope, given)
        shared: AbstractSet[str] = frozenset()
        for table, name in _bound_tables(scope, sharded):
            arguments = {origin for origin in origins[name] if origin[0] in "$?"}
            ours, shared = ours or arguments, shared or origins[name]
            if not origins[name] & shared or (arguments and arguments.isdisjoint(ours)):
                wrong.append(table)
        wrong += [it.table for it in scope.sources if it.is_beside_others and sharded(it.table)]
        if scope.inserted and sharded(scope.inserted[0]) and scope.inserted[1] != "contract_id":
            wrong.append(scope.inserted[0])
    return list(dict.fromkeys(wrong))


def _bound_tables(scope: Scope, sharded: Callable[[str], bool]) -> list[tuple[str, str]]:
    """Return the tables of a scope that have to be of one contract, each with its name."""
    tables = [
        (it.table, it.name)
        for it in scope.sources
        if sharded(it.table) or it.table in FOUND_OTHERWISE
    ]
    is_alone = len(tables) == 1 and (scope.outer_tables <= {""} or tables[0][0] == "contract")
    may_be_across = is_alone and not sharded(tables[0][0])
    return [] if may_be_across else tables


def _origins(scope: Scope, given: AbstractSet[str]) -> Mapping[str, AbstractSet[str]]:
    """Return for each name of a scope where its contract comes from."""
    rows = {it.name for it in scope.sources if it.table not in TABLE_NAMES}
    origins: defaultdict[str, set[str]] = defaultdict(set)
    same: list[tuple[str, str]] = []
    for name in given & set(scope.names):
        origins[name].add(name)
    for said in scope.equalities:
        one = said.one or (scope.names[0] if len(scope.names) == 1 else "")
        other, _, column = said.other.partition(".")
        if one not in scope.names or said.binds not in {"", one}:
            continue
        if other in scope.names and other not in rows:
            same.append((one, other))
        elif not column or other in {"NEW", *rows, *scope.outer}:
            origins[one].add(said.other)
    for _ in same:
        for one, other in same:
            origins[one] |= origins[other]
    return origins


def given_in(name: str) -> AbstractSet[str]:
    return KNOWN[name].names if name in KNOWN else frozenset()


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_looks_across_contracts(name: str) -> None:
    assert looks_across(QUERIES[name], _is_sharded, given_in(name)) == []


@pytest.mark.parametrize("name", KNOWN)
def test_only_queries_that_nobody_tells_the_contract_are_excused(name: str) -> None:
    assert looks_across(QUERIES[name], _is_sharded)


def _is_sharded(table: str) -> bool:
    return table in TABLE_NAMES - FOUND_OTHERWISE


# --- what is noticed ------------------------------------------------------------------------------

JOINED = "SELECT 1 FROM bank_account a JOIN debtor d ON d.id = a.debtor_id"
OURS = "a.contract_id = $1::uuid"
BOTH = "d.contract_id = a.contract_id"
OF_ONE = f"SELECT 1 FROM bank_account a WHERE {OURS}"


@pytest.mark.parametrize(
    ("query", "across"),
    [
        ("SELECT id FROM debtor WHERE id = $1::uuid", ["debtor"]),
        ("SELECT id FROM debtor d WHERE d.id = $1::uuid", ["debtor"]),
        ("SELECT id FROM debtor WHERE contract_id = $1::uuid AND id = $2::uuid", []),
        ("SELECT id FROM debtor WHERE contract_id = $1 OR id = $2", ["debtor"]),
        ("SELECT id FROM debtor WHERE (contract_id = $1 OR id = $2)", ["debtor"]),
        ("SELECT id FROM debtor WHERE contract_id = $1 AND (id = $2 OR id = $3)", []),
        ("SELECT id FROM debtor WHERE NOT contract_id = $1", ["debtor"]),
        ("SELECT contract_id = $1 FROM debtor", ["debtor"]),
        ("SELECT id FROM client WHERE id = $1::uuid", []),
        ("UPDATE bank_account SET owner = NULL WHERE id = $1::uuid", ["bank_account"]),
        ("UPDATE bank_account SET contract_id = $1 WHERE id = $2", ["bank_account"]),
        ("INSERT INTO debtor (id, contract_id) VALUES ($1::uuid, $2::uuid)", ["debtor"]),
        ("INSERT INTO debtor VALUES ($1::uuid, $2::uuid)", ["debtor"]),
        ("INSERT INTO debtor (contract_id, id) VALUES ($1::uuid, $2::uuid)", []),
        (JOINED, ["bank_account", "debtor"]),
        (f"{JOINED} WHERE {OURS}", ["debtor"]),
        (f"{JOINED} WHERE {OURS} AND d.contract_id = $2::uuid", ["debtor"]),
        (f"{JOINED} WHERE {OURS} AND d.contract_id = $1::uuid", []),
        (f"{JOINED} WHERE contract_id = $1::uuid", ["bank_account", "debtor"]),
        (f"{JOINED} AND {BOTH} WHERE {OURS}", []),
        (f"{JOINED} AND {BOTH} WHERE d.id = $1", ["bank_account", "debtor"]),
        (
            f"SELECT 1 FROM bank_account a LEFT JOIN debtor d ON {BOTH} AND {OURS}",
            ["bank_account", "debtor"],
        ),
        (f"SELECT 1 FROM bank_account a LEFT JOIN debtor d ON {BOTH} WHERE {OURS}", []),
        (
            f"SELECT 1 FROM bank_account a, debtor d WHERE {OURS} AND d.id = a.debtor_id",
            ["debtor", "bank_account"],
        ),
        (
            f"SELECT 1 FROM bank_account a, debtor d WHERE {OURS} AND {BOTH}",
            ["bank_account", "debtor"],
        ),
        (
            f"SELECT 1 FROM bank_account a JOIN bank_account b ON b.id = a.id WHERE {OURS}",
            ["bank_account"],
        ),
        (
            f"{OF_ONE} AND EXISTS (SELECT 1 FROM debtor d WHERE d.id = a.debtor_id)",
            ["debtor"],
        ),
        (
            f"{OF_ONE} AND debtor_id IN (SELECT id FROM debtor WHERE contract_id = $2)",
            ["debtor"],
        ),
        (
            "SELECT id FROM debtor WHERE contract_id = $1 UNION SELECT id FROM bank_account",
            ["bank_account"],
        ),
        ("WITH x AS (SELECT id FROM debtor) SELECT 1 FROM x", ["debtor"]),
        ("SELECT 1 FROM access_token t JOIN client c ON c.id = 1", ["access_token", "client"]),
    ],
)
def test_a_query_that_looks_across_contracts_is_noticed(query: str, across: list[str]) -> None:
    assert looks_across(query, _is_sharded) == across


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 FROM (debtor d JOIN client c ON c.identity_id = d.id)",
        f"{JOINED.replace('JOIN', 'FULL JOIN')} WHERE {OURS}",
        f"{JOINED.replace('JOIN', 'NATURAL JOIN')} WHERE {OURS}",
        "SELECT 1 FROM debtor TABLESAMPLE system (10) WHERE contract_id = $1",
    ],
)
def test_what_cannot_be_judged_is_refused(query: str) -> None:
    with pytest.raises(Unreadable):
        looks_across(query, _is_sharded)


CONDITION = re.compile(
    r"(?:(\w+)\.)?contract_id = (?:[$?]\d+(?:::uuid)?|\w+\.(?:contract_id|column\d))"
)
"""What tells a query its contract, but for SQLite's plain ``?``, which upgrades alone have."""


@pytest.mark.parametrize("name", QUERIES)
def test_no_condition_on_the_contract_can_be_left_out(name: str) -> None:
    query = QUERIES[name]
    bound = {alias for scope in scopes_of(query) for _, alias in _bound_tables(scope, _is_sharded)}
    for found in CONDITION.finditer(query):
        if found[1] in bound or (bound and not found[1]):
            weaker = f"{query[: found.start()]}true{query[found.end() :]}"
            assert looks_across(weaker, _is_sharded, given_in(name)), weaker


# --- nowhere else ---------------------------------------------------------------------------------

_READS_TWICE = re.compile(r"\b(?:JOIN|EXISTS|EXCEPT|INTERSECT|UNION|LATERAL)\b")


def texts_in_functions(file: Path) -> Iterator[str]:
    """Yield the texts in a file's functions, but for what describes them."""
    for function in ast.walk(ast.parse(file.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            described = {id(it.value) for it in ast.walk(function) if isinstance(it, ast.Expr)}
            for node in ast.walk(function):
                if isinstance(node, ast.Constant) and id(node) not in described:
                    yield str(node.value)


def test_tables_are_joined_nowhere_else() -> None:
    looked_at = {Path(str(batch.__file__)) for batch in BATCHES}
    looked_at.add(Path(str(import_module("lastschrift.storage.examining").__file__)))
    folder = Path(str(lastschrift.__file__)).parent
    joining = {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*.py")
        if file not in looked_at and any(map(_READS_TWICE.search, texts_in_functions(file)))
    }
    assert joining == set()


def test_sql_stands_in_the_storage_only() -> None:
    folder = Path(str(lastschrift.__file__)).parent
    others = [it for it in folder.rglob("*.py") if it.relative_to(folder).parts[0] != "storage"]
    texts = {file: ast.walk(ast.parse(file.read_text())) for file in others}
    reading = re.compile(rf"\b(?:FROM|INTO|UPDATE|JOIN) (?:{'|'.join(TABLE_NAMES)})\b")
    assert not [
        file.name
        for file, nodes in texts.items()
        for node in nodes
        if isinstance(node, ast.Constant) and reading.search(str(node.value))
    ]
