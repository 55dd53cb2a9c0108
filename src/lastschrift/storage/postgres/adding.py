"""Adding all of a batch by one statement, which fails where one row of it can't be added.

Mostly all of a batch is new. What can't be added this way goes by
`lastschrift.storage.postgres.batch.ADD_ACCOUNTS`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from uuid import UUID

from lastschrift.operations.ports import KeyUse, NewBankAccount
from lastschrift.storage.chaining import Written
from lastschrift.storage.codec import Row, Value
from lastschrift.storage.postgres import account_rows
from lastschrift.storage.postgres.connecting import BATCH_WAIT_MS

ROWS_MAX = 256
"""Rows of one statement: 28 values of 256 rows are 7,168 of the 65,535 that PostgreSQL takes."""

_ARGUMENTS = {**account_rows.TYPE_BY_COLUMN, "link": "bytea"}
_ARGUMENTS_KEYED = {
    **_ARGUMENTS,
    "operation": "text",
    "key_hash": "bytea",
    "command_hash": "bytea",
    "result_sealed": "bytea",
    "used": "timestamptz",
    "expires": "timestamptz",
}


def add_all(
    accounts: Sequence[NewBankAccount],
    uses: Sequence[KeyUse],
    written: Sequence[Written],
    links: Sequence[bytes | None],
    writer: UUID,
) -> Sequence[Value]:
    """Return a statement, and its arguments: accounts and, if there are any, uses of their keys."""
    _, _, first, *_ = written[0]
    text = add_all_sql(len(accounts), has_keys=bool(uses))
    return text, *add_all_values(accounts, links, writer, first, uses)


def add_all_sql(count: int, *, has_keys: bool = False) -> str:
    """Insert all rows with their audit entries, or fail: one conflicts, or has no debtor.

    ``has_keys``: each row has what an idempotency key is used for, too.

    Arguments: a value for each column, row after row; the audit entries' writer, and the number of
    the first one. So many rows have place in it, or some more: values that are left out are NULL.

    Each value is an argument of its own: arrays are dearer, for the driver and for the server. What
    fails says no more of a row than its key, as the server's log has it.
    """
    return _add_all_sql(_rows_of_text(count), has_keys=has_keys)


def _rows_of_text(count: int) -> int:
    """Return how many rows the text has that is taken for so many: few serve all lengths."""
    step = 4 if count <= 32 else 8 if count <= 64 else 32
    return 1 if count == 1 else -(-count // step) * step


@cache
def _add_all_sql(rows: int, *, has_keys: bool) -> str:
    arguments = _ARGUMENTS_KEYED if has_keys else _ARGUMENTS
    last = rows * len(arguments)
    return f"""
WITH input AS MATERIALIZED (
    SELECT * FROM (VALUES {_value_lists(rows, arguments)}) AS v ({", ".join(arguments)}, place)
), added AS (
    INSERT INTO bank_account (
        contract_id, id, debtor_id, fingerprint, iban_sealed, iban_country, iban_last_four, bic,
        bank_name, owner, holder, created, managed_by, folded_owner, fingerprint_even
    )
    SELECT CASE WHEN v.debtor_id IS NULL OR d.id IS NOT NULL THEN v.contract_id
                ELSE concat('no debtor ', v.debtor_id)::uuid END,
           v.id, v.debtor_id, v.fingerprint, v.iban_sealed, v.iban_country, v.iban_last_four,
           v.bic, v.bank_name, v.owner, v.holder::jsonb, v.created, v.managed_by, v.folded_owner,
           v.fingerprint_even
    FROM input v
    LEFT JOIN LATERAL ({account_rows.DEBTOR_LOCKED}) d ON true
    WHERE v.contract_id IS NOT NULL
    ORDER BY v.contract_id, v.debtor_id, v.fingerprint, v.fingerprint_even
){_CLAIMED if has_keys else ""}
INSERT INTO audit_entry (
    contract_id, writer, sequence, at, client_id, action, subject_id, debtor_id, source, link
)
SELECT v.contract_id, ${last + 1}::uuid, ${last + 2}::bigint + v.place,
       {account_rows.AUDITED_AT}, v.client_id, v.action, v.id, v.caller_debtor_id, v.source, v.link
FROM input v
WHERE v.contract_id IS NOT NULL
"""


_CLAIMED = f""", claimed AS (
    INSERT INTO idempotency_key (
        contract_id, operation, key_hash, command_hash, result_sealed, created, expires
    )
    SELECT v.contract_id, v.operation, v.key_hash, v.command_hash, v.result_sealed, v.used,
           v.expires
    FROM (SELECT set_config('lock_timeout', '{BATCH_WAIT_MS}', true)) briefly, input v
    WHERE v.contract_id IS NOT NULL
    ORDER BY v.contract_id, v.operation, v.key_hash
)"""
"""Keys are claimed before accounts are added, as everywhere, or two could wait for each other.

PostgreSQL runs what stands last first (`ExecInitModifyTable`); it promises no order, a test holds
it to this one. What is set, is set until the statement is over.
"""


def _value_lists(rows: int, arguments: Mapping[str, str]) -> str:
    """Return so many lists of arguments, each with its place; the first one tells their types."""
    types = [f"::{kind}" for kind in arguments.values()]
    lists = []
    for place in range(rows):
        first = 1 + place * len(arguments)
        values = [f"${first + n}{'' if place else types[n]}" for n in range(len(arguments))]
        lists.append(f"({', '.join(values)}, {place})")
    return ", ".join(lists)


def add_all_values(
    accounts: Sequence[NewBankAccount],
    links: Sequence[bytes | None],
    writer: UUID,
    first: int,
    uses: Sequence[KeyUse] = (),
) -> list[Value]:
    """Return the arguments of `add_all_sql`: accounts, and the links of their audit entries.

    ``first`` is the number of ``writer``'s first entry; ``uses`` has that of each one's key.
    """
    count = len(accounts)
    values: list[Value] = []
    for place, (new, link) in enumerate(zip(accounts, links, strict=True)):
        values += account_rows.account_row(new)
        values.append(link)
        if uses:
            values += _use_row(uses[place])
    columns = len(_ARGUMENTS_KEYED if uses else _ARGUMENTS)
    values += [None] * ((_rows_of_text(count) - count) * columns)
    values += (writer, first)
    return values


def _use_row(use: KeyUse) -> Row:
    return (
        use.operation,
        use.key_hash,
        use.command_hash,
        use.result_sealed,
        use.created,
        use.expires,
    )
