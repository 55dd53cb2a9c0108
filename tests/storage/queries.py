"""Every query that we have, by a name; which tables there are; what nobody tells the contract."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from importlib import import_module
from pkgutil import walk_packages
from typing import NamedTuple
from uuid import uuid4

import lastschrift.storage
from lastschrift.domain.identity import ContractId
from lastschrift.storage.examining import _orphans_sql
from lastschrift.storage.postgres import adding as postgres_adding
from lastschrift.storage.postgres import batch as postgres_batch
from lastschrift.storage.postgres.codec import POSTGRES_CODEC
from lastschrift.storage.sqlite import adding as sqlite_adding
from lastschrift.storage.sqlite import batch as sqlite_batch
from lastschrift.storage.sqlite.dialect import to_sqlite
from lastschrift.storage.statements import all_statements
from lastschrift.storage.tables import REFERENCES, TABLES
from tests.storage.asked import ASKED, statements_of

FOUND_OTHERWISE = {"contract", "client", "access_token", "issuer", "schema_version", "installation"}
"""What is small, or is looked for before it is known whose it is: on every node, or on one."""

TABLE_NAMES = {table.name for table in TABLES} | FOUND_OTHERWISE
"""What else a query names is a CTE, or a view with nothing in it."""

BATCHES = (sqlite_adding, sqlite_batch, postgres_adding, postgres_batch)
"""Modules with functions that make a text for so many rows."""

IN_PIECES = {
    "postgres.account_rows.DEBTOR_LOCKED": "a part of texts that are looked at",
    "statements.lists.CUSTOMER_PAGE": "has gaps, which are filled in what is asked for",
    "statements.lists.CUSTOMER_COUNT": "the same",
    "statements.lists.BANK_ACCOUNT_PAGE": "the same",
    "statements.lists.BANK_ACCOUNT_COUNT": "the same",
}
"""Constants that are no query yet, and why."""


class Known(NamedTuple):
    """Names in a query that are taken as being of one contract, and why they may be."""

    names: AbstractSet[str]
    why: str


_UPGRADE = "goes through a whole table, once, to fill a new column"
_WHOLE = "a command goes through whole tables, and puts beside a row only what is of its contract"
_TOKEN = Known({"t"}, "a token is found by its hash, and says whose it and all beside it is")
_EXPIRED = Known({"access_token"}, "tokens that have expired go by their hash, whosever they are")
KNOWN = {
    "statements.access.PRINCIPAL": _TOKEN,
    "access.PRINCIPAL, SQLite": _TOKEN,
    "statements.access.DROP_EXPIRED_TOKENS": _EXPIRED,
    "access.DROP_EXPIRED_TOKENS, SQLite": _EXPIRED,
    "examining._UNACCOUNTED": Known({"bank_account", "audit_entry"}, _WHOLE),
    **{
        f"{engine}.migrations.{name}": Known({table}, _UPGRADE)
        for engine in ("postgres", "sqlite")
        for name, table in (
            ("folding._DEBTORS", "debtor"),
            ("folding._OWNERS", "bank_account"),
            ("chaining._ENTRIES", "audit_entry"),
        )
    },
    **{
        f"orphans: {it.table} {it.columns}": Known({"a"}, _WHOLE)
        for it in REFERENCES
        if it.table not in FOUND_OTHERWISE
    },
}
"""Queries that are not told the contract."""

_SQL = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\s")


def constants() -> Iterator[tuple[str, str]]:
    """Yield every constant of a module of the storage that is SQL, private ones too."""
    storage = lastschrift.storage
    for info in walk_packages(storage.__path__, f"{storage.__name__}."):
        module = import_module(info.name)
        for name, text in vars(module).items():
            if name.isupper() and isinstance(text, str) and _SQL.match(text):
                yield f"{info.name.removeprefix('lastschrift.storage.')}.{name}", text


def queries() -> dict[str, str]:
    """Return the text of every statement, by its name."""
    found = {name: text for name, text in constants() if name not in IN_PIECES}
    found |= {f"{name}, SQLite": to_sqlite(text) for name, text in all_statements().items()}
    for name, asked in ASKED.items():
        for kind, statement in statements_of(asked, POSTGRES_CODEC, ContractId(uuid4())).items():
            found[f"{name}: {kind}"] = statement.text
            found[f"{name}: {kind}, SQLite"] = to_sqlite(statement.text)
    for batch in BATCHES:
        for name, make in vars(batch).items():
            if name.endswith("_sql") and not name.startswith("_"):
                found[f"{batch.__name__}: {name}"] = make(3)
    found["adding, keys"] = sqlite_adding.add_sql(3, has_keys=True)
    found["adding all, keys"] = postgres_adding.add_all_sql(3, has_keys=True)
    found |= {f"adding, {n}": text for n, text in enumerate(sqlite_adding.ADDING)}
    found |= {f"orphans: {it.table} {it.columns}": _orphans_sql(it) for it in REFERENCES}
    return found
