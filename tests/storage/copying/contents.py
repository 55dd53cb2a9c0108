"""Contents of whole databases, for tests of copying: drawn by hypothesis, written past the store.

Rows are in the program's form, as `storage.transfer` has it.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from lastschrift.storage.codec import Row
from lastschrift.storage.sqlite.codec import SQLITE_CODEC
from lastschrift.storage.sqlite.connection import open_for_writing
from lastschrift.storage.tables import TABLES, Kind, Table
from lastschrift.storage.transfer import TableCodec
from tests.databases import copy_empty_database

Contents = Mapping[str, Sequence[Row]]
"""The rows of each table."""

Columns = Mapping[str, Any]
"""A row, or some of its values, by column."""


def fill_sqlite(path: Path, contents: Contents, kind: str = "production") -> None:
    """Make a SQLite database with these rows."""
    copy_empty_database(path)
    with closing(open_for_writing(path)) as connection:
        connection.execute("INSERT INTO installation (only_row, kind) VALUES (1, ?)", (kind,))
        for table in TABLES:
            columns, places = ", ".join(table.columns), ", ".join("?" * len(table.columns))
            rows = TableCodec(SQLITE_CODEC, table).put_rows(contents[table.name])
            insert = f"INSERT INTO {table.name} ({columns}) VALUES ({places})"
            connection.executemany(insert, rows)


# --- some, always the same ------------------------------------------------------------------------

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
_SOME: Mapping[Kind, Any] = {
    Kind.INSTANT: NOW,
    Kind.JSON: {"given_name": "Jörg", "address": {"town": "Köln"}},
    Kind.TEXT: "Müller & Söhne",
    Kind.INTEGER: 1,
}


def some_contents(rows: int) -> Contents:
    """Return as many rows for each table, with values in all columns."""
    return {table.name: [_some_row(table, number) for number in range(rows)] for table in TABLES}


def _some_row(table: Table, number: int) -> Row:
    own = {
        "purpose": "data",
        "kind": "customer",
        "sequence": number,
        "token_hash": bytes([number] * 32),
        "fingerprint": bytes([number] * 32),
        "fingerprint_even": bytes([number + 1] * 32),
        "deleted": None,
        "manages": 0,
        "identity_linking": "by_command",
    }
    by_kind = {**_SOME, Kind.ID: UUID(int=number), Kind.BYTES: bytes([number, 0, 255])}
    return tuple(own.get(name, by_kind[kind]) for name, kind in table.columns.items())


# --- drawn by hypothesis --------------------------------------------------------------------------

_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_VALUES: Mapping[Kind, st.SearchStrategy[Any]] = {
    Kind.ID: st.uuids(),
    Kind.INSTANT: st.integers(0, 10**9).map(lambda number: NOW + number * timedelta(0, 3, 141_593)),
    Kind.JSON: st.dictionaries(
        _TEXTS,
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXTS,
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXTS, inner, max_size=2),
            max_leaves=4,
        ),
        max_size=3,
    ),
    Kind.BYTES: st.binary(max_size=40),
    Kind.TEXT: _TEXTS,
    Kind.INTEGER: st.integers(0, 2**31 - 1),
}
_OPTIONAL: Mapping[str, set[str]] = {
    "debtor": {"updated", "deleted"},
    "client": {"revoked"},
    "contract_key": {"complete_from"},
    "bank_account": {
        *(
            "fingerprint",
            "fingerprint_even",
            "iban_sealed",
            "iban_country",
            "iban_last_four",
            "bic",
            "bank_name",
        ),
        *("owner", "holder", "updated", "deleted"),
        *("alias", "expiry", "authorisation", "archived", "managed_by"),
    },
    "audit_entry": {"client_id", "debtor_id", "link"},
}


@st.composite
def drawn_contents(draw: st.DrawFn) -> Contents:
    """Draw rows that break no rule of the schema: references lead somewhere, nothing is double."""
    drawn: dict[str, list[Row]] = {}
    for table in TABLES:
        bound = _bound_values(table, drawn)
        rows = draw(st.lists(_row(table, bound), max_size=5)) if bound else []
        drawn[table.name] = _without_double(table, rows)
    return drawn


def _row(table: Table, bound: Sequence[Columns]) -> st.SearchStrategy[Columns]:
    optional = _OPTIONAL.get(table.name, set())
    free = {
        name: st.none() | _VALUES[kind] if name in optional else _VALUES[kind]
        for name, kind in table.columns.items()
    }
    return st.builds(
        lambda row, own: row | own, st.fixed_dictionaries(free), st.sampled_from(bound)
    )


def _bound_values(table: Table, drawn: Mapping[str, Sequence[Row]]) -> Sequence[Columns]:
    """Return what the columns of a row may be that can't be just anything."""
    contracts = [key for key, *_ in drawn.get("contract", [])]
    debtors = [(contract, key) for contract, key, *_ in drawn.get("debtor", [])]
    owners = [*((contract, None) for contract in contracts), *debtors]
    match table.name:
        case "contract":
            return [{"identity_linking": linking} for linking in ("first_use", "by_command")]
        case "contract_key":
            purposes = ("data", "fingerprint", "hash")
            return [{"contract_id": c, "purpose": p} for c in contracts for p in purposes]
        case "debtor":
            kinds = ("customer", "service_identity", "user")
            return [{"contract_id": c, "kind": kind} for c in contracts for kind in kinds]
        case "client":
            return [
                {"contract_id": c, "identity_id": debtor, "manages": number % 2}
                for number, (c, debtor) in enumerate(owners)
            ]
        case "identity":
            return [{"contract_id": c, "debtor_id": debtor} for c, debtor in debtors]
        case "bank_account":
            return [{"contract_id": c, "debtor_id": debtor} for c, debtor in owners]
        case "access_token":
            return [{"client_id": key} for key, *_ in drawn["client"]]
        case _:
            return [{}]


def _without_double(table: Table, rows: Iterable[Columns]) -> list[Row]:
    """Leave out rows whose key, or whose fingerprint, another one has."""
    by_key = {tuple(row[name] for name in table.key): row for row in rows}
    for column in ("fingerprint", "fingerprint_even"):
        by_key = {row.get(column) or key: row for key, row in by_key.items()}
    return [tuple(row[name] for name in table.columns) for row in by_key.values()]
