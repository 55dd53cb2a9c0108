"""Adding in one step: accounts and audit entries by one statement, all of them or nothing.

A view takes the rows, and its trigger puts each into its tables. So a round is one statement, which
is a transaction of its own. Rows that may have uses of idempotency keys go to a view of their own:
others would pay for columns that they leave empty.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from lastschrift.operations.ports import AuditEntry, KeyUse, NewBankAccount
from lastschrift.storage.chaining import Written
from lastschrift.storage.codec import Value
from lastschrift.storage.sqlite.batch import (
    ACCOUNT_COLUMNS,
    AUDIT_COLUMNS,
    KEY_COLUMNS,
    account_row,
    key_use_row,
    value_list,
)
from lastschrift.storage.sqlite.runs import RunOf


class Added(NamedTuple):
    """What is added as one row: an audit entry, and whatever comes with it."""

    audit: AuditEntry
    new: NewBankAccount | None = None
    use: KeyUse | None = None


_ROWS_AT_ONCE: Final = 8
"""Rows are filled up to a multiple of it, so that few texts serve all lengths."""

# --- what takes the rows --------------------------------------------------------------------------

_ACCOUNT = ACCOUNT_COLUMNS.split(", ")
_ENTRY = [f"entry_{column}" for column in AUDIT_COLUMNS.split(", ")[1:]]  # of the same contract
_USE = [f"use_{column}" for column in KEY_COLUMNS.split(", ")[1:]]  # of the same contract
_ADDED = [*_ACCOUNT, "debtor_kind", *_ENTRY]
_ADDED_KEYED = [*_ADDED, *_USE]


def _of_row(columns: Sequence[str]) -> str:
    return ", ".join(f"NEW.{column}" for column in columns)


_KEEP_ROW = f"""
        SELECT RAISE(ROLLBACK, 'no such debtor')
        WHERE NEW.debtor_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM debtor d
            WHERE d.contract_id = NEW.contract_id AND d.id = NEW.debtor_id
                AND d.kind = NEW.debtor_kind AND d.deleted IS NULL
        );
        INSERT INTO bank_account ({ACCOUNT_COLUMNS})
        SELECT {_of_row(_ACCOUNT)} WHERE NEW.id IS NOT NULL;
        INSERT INTO audit_entry ({AUDIT_COLUMNS})
        VALUES (NEW.contract_id, {_of_row(_ENTRY)});
"""
_KEEP_USE = f"""
        INSERT INTO idempotency_key ({KEY_COLUMNS})
        SELECT NEW.contract_id, {_of_row(_USE)} WHERE NEW.use_key_hash IS NOT NULL;
"""


def _view(name: str, columns: Sequence[str], keep: str) -> tuple[str, str]:
    """Return what makes a view, and a trigger that keeps what comes to it."""
    return (
        f"CREATE TEMP VIEW {name} AS SELECT {', '.join(f'NULL AS {column}' for column in columns)}",
        f"""
    CREATE TEMP TRIGGER {name}_is_kept INSTEAD OF INSERT ON {name}
    WHEN NEW.contract_id IS NOT NULL
    BEGIN {keep} END
    """,
    )


ADDING = (
    *_view("added", _ADDED, _KEEP_ROW),
    *_view("added_keyed", _ADDED_KEYED, _KEEP_ROW + _KEEP_USE),
)
"""What a connection needs for `add_sql`."""

# --- the rows -------------------------------------------------------------------------------------

_NO_ACCOUNT = (None,) * len(_ACCOUNT)  # without its contract, and with its debtor's kind
_NO_USE = (None,) * len(_USE)


def add_sql(count: int, *, has_keys: bool = False) -> str:
    """Add accounts and audit entries, all of them or, where one can't be added, nothing.

    Without a transaction around it, it is one. So many rows have place in it, or some more.
    ``has_keys``: it adds what keys are used for, too.
    """
    return _add_sql(-(-count // _ROWS_AT_ONCE), has_keys=has_keys)


@cache
def _add_sql(eighths: int, *, has_keys: bool) -> str:
    view, columns = ("added_keyed", _ADDED_KEYED) if has_keys else ("added", _ADDED)
    return f"INSERT INTO {view} VALUES {value_list(len(columns), eighths * _ROWS_AT_ONCE)}"


def add_values(
    rows: Sequence[Added],
    run_of: RunOf,
    entries: Sequence[Written],
    links: Sequence[bytes | None],
    *,
    has_keys: bool = False,
) -> list[Value]:
    """Return the arguments of `add_sql`, row after row; each row has its entry and link."""
    values: list[Value] = []
    for (_, new, use), (contract, *entry), link in zip(rows, entries, links, strict=True):
        values += (contract, *_NO_ACCOUNT) if new is None else account_row(new, run_of)
        values += entry
        values.append(link)
        if has_keys:
            values += _NO_USE if use is None else key_use_row(use)[1:]
    columns = len(_ADDED_KEYED if has_keys else _ADDED)
    values += [None] * (-len(rows) % _ROWS_AT_ONCE * columns)
    return values
