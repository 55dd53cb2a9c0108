"""Adding many debtors by one statement, with their audit entries, and with the uses of their keys.

Arrays go in, a column each. Nothing can be in the way of a debtor, as its id is ours: what is there
already, an earlier run has kept, whose COMMIT was not heard of.
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from uuid import UUID

from lastschrift.operations.ports import KeyedDebtor, KeyUse, NewDebtor
from lastschrift.storage.chaining import Written
from lastschrift.storage.codec import Value
from lastschrift.storage.debtor_rows import TYPE_BY_COLUMN, debtor_row
from lastschrift.storage.postgres.batch import ADD_AUDIT_ENTRIES, AUDIT_ARGUMENTS, audit_values
from lastschrift.storage.postgres.codec import POSTGRES_CODEC
from lastschrift.storage.postgres.connecting import BATCH_WAIT_MS

_USE_TYPE_BY_COLUMN = {
    "contract_id": "uuid",
    "operation": "text",
    "key_hash": "bytea",
    "command_hash": "bytea",
    "result_sealed": "bytea",
    "created": "timestamptz",
    "expires": "timestamptz",
}


def _unnested(type_by_column: Mapping[str, str], first: int) -> str:
    """Return rows of an array for each column, the first array being the ``first`` argument."""
    arrays = [f"${n}::{kind}[]" for n, kind in enumerate(type_by_column.values(), first)]
    return f"unnest({', '.join(arrays)}) AS v ({', '.join(type_by_column)})"


_ADDED = f"""
WITH added AS (
    INSERT INTO debtor ({", ".join(TYPE_BY_COLUMN)})
    SELECT * FROM {_unnested(TYPE_BY_COLUMN, AUDIT_ARGUMENTS + 1)}
    ON CONFLICT DO NOTHING
)"""

ADD_DEBTORS = _ADDED + ADD_AUDIT_ENTRIES
"""Insert debtors with their audit entries; those that are there already stay."""

ADD_KEYED_DEBTORS = f"""{_ADDED}, claimed AS (
    INSERT INTO idempotency_key ({", ".join(_USE_TYPE_BY_COLUMN)})
    SELECT v.*
    FROM (SELECT set_config('lock_timeout', '{BATCH_WAIT_MS}', true)) briefly,
         {_unnested(_USE_TYPE_BY_COLUMN, AUDIT_ARGUMENTS + len(TYPE_BY_COLUMN) + 1)}
    ORDER BY v.contract_id, v.operation, v.key_hash
){ADD_AUDIT_ENTRIES}"""
"""Insert debtors with audit entries and the uses of their keys; it fails where a key was used."""


def add_all_keyed(
    keyed: Sequence[KeyedDebtor],
    written: Sequence[Written],
    links: Sequence[bytes | None],
    writer: UUID,
) -> Sequence[Value]:
    """Return `ADD_KEYED_DEBTORS` and its arguments."""
    debtors, uses = [each.new for each in keyed], [each.use for each in keyed]
    audits = audit_values([new.audit for new in debtors], written, links)
    return ADD_KEYED_DEBTORS, *audits, writer, *debtor_values(debtors), *_use_values(uses)


def debtor_values(debtors: Sequence[NewDebtor]) -> list[list[Value]]:
    """Return what `ADD_DEBTORS` takes beside the arguments of `ADD_AUDIT_ENTRIES`."""
    rows = [debtor_row(POSTGRES_CODEC, new.debtor) for new in debtors]
    return list(map(list, zip(*rows, strict=True)))


def _use_values(uses: Sequence[KeyUse]) -> list[list[Value]]:
    row_of = attrgetter(*_USE_TYPE_BY_COLUMN)
    return list(map(list, zip(*map(row_of, uses), strict=True)))
