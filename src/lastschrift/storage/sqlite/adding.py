"""Adding in one step: accounts and audit entries by one statement, all of them or nothing.

A view takes the rows, and its trigger puts each into its tables. So a round is one statement, which
is a transaction of its own.
"""

from collections.abc import Sequence
from functools import cache

from lastschrift.operations.ports import AuditEntry, NewBankAccount
from lastschrift.storage.chaining import Written
from lastschrift.storage.codec import Value
from lastschrift.storage.sqlite.batch import (
    ACCOUNT_COLUMNS,
    AUDIT_COLUMNS,
    account_row,
    value_list,
)
from lastschrift.storage.sqlite.runs import RunOf

_ACCOUNT = ACCOUNT_COLUMNS.split(", ")
_ENTRY = [f"entry_{column}" for column in AUDIT_COLUMNS.split(", ")[1:]]  # of the same contract
_ADDED = [*_ACCOUNT, "debtor_kind", *_ENTRY]

_ROWS_AT_ONCE = 8
"""Rows are filled up to a multiple of it, so that few texts serve all lengths."""

ADDING = (
    f"CREATE TEMP VIEW added AS SELECT {', '.join(f'NULL AS {column}' for column in _ADDED)}",
    f"""
    CREATE TEMP TRIGGER added_is_kept INSTEAD OF INSERT ON added
    WHEN NEW.contract_id IS NOT NULL
    BEGIN
        SELECT RAISE(ROLLBACK, 'no such debtor')
        WHERE NEW.debtor_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM debtor d
            WHERE d.contract_id = NEW.contract_id AND d.id = NEW.debtor_id
                AND d.kind = NEW.debtor_kind AND d.deleted IS NULL
        );
        INSERT INTO bank_account ({ACCOUNT_COLUMNS})
        SELECT {", ".join(f"NEW.{column}" for column in _ACCOUNT)} WHERE NEW.id IS NOT NULL;
        INSERT INTO audit_entry ({AUDIT_COLUMNS})
        VALUES (NEW.contract_id, {", ".join(f"NEW.{column}" for column in _ENTRY)});
    END
    """,
)
"""What a connection needs for `add_sql`. A row is an account with its audit entry, or one alone."""

_NO_ACCOUNT = (None,) * len(_ACCOUNT)  # without its contract, and with its debtor's kind

Added = tuple[NewBankAccount | None, AuditEntry]
"""A row of what is added: an account and its audit entry, or an entry alone."""


def add_sql(count: int) -> str:
    """Add accounts and audit entries, all of them or, where one can't be added, nothing.

    Without a transaction around it, it is one. So many rows have place in it, or some more.
    """
    return _add_sql(-(-count // _ROWS_AT_ONCE))


@cache
def _add_sql(eighths: int) -> str:
    return f"INSERT INTO added VALUES {value_list(len(_ADDED), eighths * _ROWS_AT_ONCE)}"


def add_values(
    rows: Sequence[Added],
    run_of: RunOf,
    entries: Sequence[Written],
    links: Sequence[bytes | None],
) -> list[Value]:
    """Return the arguments of `add_sql`, row after row; each row has its entry and link."""
    values: list[Value] = []
    for (new, _), (contract, *entry), link in zip(rows, entries, links, strict=True):
        values += (contract, *_NO_ACCOUNT) if new is None else account_row(new, run_of)
        values += entry
        values.append(link)
    values += [None] * (-len(rows) % _ROWS_AT_ONCE * len(_ADDED))
    return values
