"""The statements that work on many rows at once, and their arguments.

Mostly all of a batch is new: `add_all_sql` adds all of it, or fails. What can't be added that way
is added by `ADD_ACCOUNTS`: arrays in, a row back for each that needs a word.

A row is known by its sealed IBAN: no other has the same, not even one of the same id and IBAN. So
a batch that is sent again, its COMMIT never heard of, finds what it kept the first time.
"""

from collections.abc import Sequence
from functools import cache
from uuid import UUID

from lastschrift.operations.ports import AuditEntry, NewBankAccount
from lastschrift.storage.chaining import Written
from lastschrift.storage.codec import Row, Value
from lastschrift.storage.folding import folded_column
from lastschrift.storage.postgres.codec import put_json

# --- adding all of a batch, or nothing ------------------------------------------------------------

ROWS_MAX = 256
"""Rows of one statement: 22 values of 256 rows are 5,632 of the 65,535 that PostgreSQL takes."""

_TYPE_BY_COLUMN = {
    "contract_id": "uuid",
    "id": "uuid",
    "debtor_id": "uuid",
    "debtor_kind": "text",
    "fingerprint": "bytea",
    "iban_sealed": "bytea",
    "iban_country": "text",
    "iban_last_four": "text",
    "bic": "text",
    "bank_name": "text",
    "owner": "text",
    "holder": "text",
    "created": "timestamptz",
    "managed_by": "uuid",
    "folded_owner": "text",
    "fingerprint_even": "bytea",
    "at": "timestamptz",
    "client_id": "uuid",
    "action": "text",
    "caller_debtor_id": "uuid",
    "source": "text",
    "link": "bytea",
}
"""A row of `add_all_sql`: an account, its debtor's kind, and its audit entry."""

_COLUMNS = len(_TYPE_BY_COLUMN)


def add_all_sql(count: int) -> str:
    """Insert all rows with their audit entries, or fail: one conflicts, or has no debtor.

    Arguments: a value for each column, row after row; the audit entries' writer, and the number of
    the first one. So many rows have place in it, or some more: values that are left out are NULL.

    Each value is an argument of its own: arrays are dearer, for the driver and for the server. What
    fails says no more of a row than its key, as the server's log has it.
    """
    return _add_all_sql(_rows_of_text(count))


def _rows_of_text(count: int) -> int:
    """Return how many rows the text has that is taken for so many: few serve all lengths."""
    step = 8 if count <= 64 else 32
    return 1 if count == 1 else -(-count // step) * step


@cache
def _add_all_sql(rows: int) -> str:
    last = rows * _COLUMNS
    return f"""
WITH input AS MATERIALIZED (
    SELECT * FROM (VALUES {_value_lists(rows)}) AS v ({", ".join(_TYPE_BY_COLUMN)}, place)
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
    LEFT JOIN LATERAL ({_DEBTOR_LOCKED}) d ON true
    WHERE v.contract_id IS NOT NULL
    ORDER BY v.contract_id, v.debtor_id, v.fingerprint, v.fingerprint_even
)
INSERT INTO audit_entry (
    contract_id, writer, sequence, at, client_id, action, subject_id, debtor_id, source, link
)
SELECT v.contract_id, ${last + 1}::uuid, ${last + 2}::bigint + v.place, v.at, v.client_id,
       v.action, v.id, v.caller_debtor_id, v.source, v.link
FROM input v
WHERE v.contract_id IS NOT NULL
"""


_DEBTOR_LOCKED = """
        SELECT d.id FROM debtor d
        WHERE d.contract_id = v.contract_id AND d.id = v.debtor_id AND d.kind = v.debtor_kind
          AND d.deleted IS NULL
        FOR SHARE
    """
"""The debtor of a row; locked, or an account could land under one that is just being deleted."""


def _value_lists(rows: int) -> str:
    """Return so many lists of arguments, each with its place; the first one tells their types."""
    types = [f"::{kind}" for kind in _TYPE_BY_COLUMN.values()]
    lists = []
    for place in range(rows):
        first = 1 + place * _COLUMNS
        values = [f"${first + n}{'' if place else types[n]}" for n in range(_COLUMNS)]
        lists.append(f"({', '.join(values)}, {place})")
    return ", ".join(lists)


def add_all_values(
    accounts: Sequence[NewBankAccount],
    links: Sequence[bytes | None],
    writer: UUID,
    first: int,
) -> list[Value]:
    """Return the arguments of `add_all_sql`: accounts, and the links of their audit entries.

    ``first`` is the number of ``writer``'s first entry.
    """
    count = len(accounts)
    values: list[Value] = []
    for new, link in zip(accounts, links, strict=True):
        values += _account_row(new, link)
    values += [None] * ((_rows_of_text(count) - count) * _COLUMNS)
    values += (writer, first)
    return values


# --- adding what can be, and telling of the rest --------------------------------------------------

ADD_ACCOUNTS = f"""
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
        $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::bytea[], $7::text[],
        $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[],
        $14::uuid[], $15::text[], $16::bytea[], $17::timestamptz[], $18::uuid[], $19::text[],
        $20::uuid[], $21::text[], $22::bytea[]
    ) WITH ORDINALITY AS v (
        contract_id, id, debtor_id, debtor_kind, fingerprint, iban_sealed, iban_country,
        iban_last_four, bic, bank_name, owner, holder, created, managed_by, folded_owner,
        fingerprint_even, at, client_id, action, caller_debtor_id, source, digest, place
    )
), added AS (
    INSERT INTO bank_account (
        contract_id, id, debtor_id, fingerprint, iban_sealed, iban_country, iban_last_four, bic,
        bank_name, owner, holder, created, managed_by, folded_owner, fingerprint_even
    )
    SELECT v.contract_id, v.id, v.debtor_id, v.fingerprint, v.iban_sealed, v.iban_country,
           v.iban_last_four, v.bic, v.bank_name, v.owner, v.holder::jsonb, v.created,
           v.managed_by, v.folded_owner, v.fingerprint_even
    FROM input v
    LEFT JOIN LATERAL ({_DEBTOR_LOCKED}) d ON true
    WHERE v.debtor_id IS NULL OR d.id IS NOT NULL
    ORDER BY v.contract_id, v.debtor_id, v.fingerprint, v.fingerprint_even, v.place
    ON CONFLICT DO NOTHING
    RETURNING iban_sealed
), linked AS (
    SELECT v.contract_id, max(v.place) AS place,
           sha256(h.link || string_agg(v.digest, '' ORDER BY v.place)) AS link
    FROM input v JOIN added USING (iban_sealed)
    JOIN unnest($23::uuid[], $24::bytea[]) AS h (contract_id, link)
        ON h.contract_id = v.contract_id
    GROUP BY v.contract_id, h.link
), audited AS (
    INSERT INTO audit_entry (
        contract_id, writer, sequence, at, client_id, action, subject_id, debtor_id, source, link
    )
    SELECT v.contract_id, $25::uuid, $26::bigint + v.place, v.at, v.client_id, v.action, v.id,
           v.caller_debtor_id, v.source, l.link
    FROM input v JOIN added USING (iban_sealed)
    LEFT JOIN linked l ON l.contract_id = v.contract_id AND l.place = v.place
)
SELECT v.place - 1 FROM input v LEFT JOIN added a USING (iban_sealed) WHERE a.iban_sealed IS NULL
"""
"""Insert the rows whose debtor exists and which conflict with nothing, each with its audit entry.

The entries of a contract are a block: the last one's link is made of those that are added, and of
the link before it. Returns the places of the rest. Rows are sorted, or two batches could wait for
each other.
"""

KEPT_BEFORE = """
WITH told AS MATERIALIZED (SELECT pg_logical_emit_message(true, 'lastschrift', '') AS at)
SELECT v.place
FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::bytea[])
    AS v (place, contract_id, id, iban_sealed)
CROSS JOIN told
JOIN LATERAL (
    SELECT a.iban_sealed FROM bank_account a
    WHERE a.contract_id = v.contract_id AND a.id = v.id LIMIT 1
) a ON a.iban_sealed = v.iban_sealed
"""
"""Return the places of what an earlier run of the same batch kept.

What is told from here on rests on rows that others wrote. The message in the log makes this
statement's own COMMIT wait for the standby, and so for all that it saw: a row can be seen before
the standby has it, where a commit's wait was broken off.
"""

WHY_LEFT_OUT = """
WITH told AS MATERIALIZED (SELECT pg_logical_emit_message(true, 'lastschrift', '') AS at)
SELECT v.place, COALESCE(held.id, held_even.id), taken.id IS NOT NULL,
       v.debtor_id IS NOT NULL AND d.id IS NULL
FROM unnest(
    $1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bytea[], $7::bytea[]
) AS v (place, contract_id, id, debtor_id, debtor_kind, fingerprint, fingerprint_even)
CROSS JOIN told
LEFT JOIN LATERAL (
    SELECT a.id FROM bank_account a
    WHERE a.contract_id = v.contract_id AND a.debtor_id = v.debtor_id
      AND a.fingerprint = v.fingerprint AND a.deleted IS NULL LIMIT 1
) held ON true
LEFT JOIN LATERAL (
    SELECT a.id FROM bank_account a
    WHERE a.contract_id = v.contract_id AND a.debtor_id = v.debtor_id
      AND a.fingerprint_even = v.fingerprint_even AND a.deleted IS NULL LIMIT 1
) held_even ON true
LEFT JOIN LATERAL (
    SELECT a.id FROM bank_account a WHERE a.contract_id = v.contract_id AND a.id = v.id LIMIT 1
) taken ON true
LEFT JOIN LATERAL (
    SELECT d.id FROM debtor d
    WHERE d.contract_id = v.contract_id AND d.id = v.debtor_id AND d.kind = v.debtor_kind
      AND d.deleted IS NULL LIMIT 1
) d ON true
"""
"""Return for each value its place and three facts.

The account that holds its IBAN, whether its id is taken, and whether its debtor is missing.
"""

ADD_AUDIT_ENTRIES = """
INSERT INTO audit_entry (
    contract_id, writer, sequence, at, client_id, action, subject_id, debtor_id, source,
    further_subjects, link
)
SELECT v.contract_id, $11::uuid, v.sequence, v.at, v.client_id, v.action, v.subject_id,
       v.debtor_id, v.source, v.further_subjects, v.link
FROM unnest(
    $1::uuid[], $2::bigint[], $3::timestamptz[], $4::uuid[], $5::text[], $6::uuid[], $7::uuid[],
    $8::text[], $9::bytea[], $10::bytea[]
) AS v (
    contract_id, sequence, at, client_id, action, subject_id, debtor_id, source,
    further_subjects, link
)
ON CONFLICT (contract_id, writer, sequence) DO NOTHING
"""
"""Insert audit entries with their links; those that are there already stay."""


AUDIT_ENTRY_KEPT = """
WITH told AS MATERIALIZED (SELECT pg_logical_emit_message(true, 'lastschrift', '') AS at)
SELECT EXISTS (
    SELECT FROM audit_entry e
    WHERE e.contract_id = $1::uuid AND e.writer = $2::uuid AND e.sequence = $3::bigint
)
FROM told
"""
"""Tell whether an audit entry is there; and whatever was seen before, the standby has then, too."""


def account_values(
    accounts: Sequence[NewBankAccount], digests: Sequence[bytes]
) -> tuple[list[Value], ...]:
    """Return the arguments of `ADD_ACCOUNTS`, but for the last four: a list for each column."""
    rows = list(map(_account_row, accounts, digests))
    return tuple(map(list, zip(*rows, strict=True)))


def _account_row(new: NewBankAccount, digest_or_link: bytes | None) -> Row:
    account, debtor, audit = new.account, new.account.debtor, new.audit
    return (
        account.contract_id,
        account.id,
        None if debtor is None else debtor.id,
        None if debtor is None else debtor.kind,
        new.fingerprints.odd,
        new.sealed_iban,
        account.iban_country,
        account.iban_last_four,
        account.bic,
        account.bank_name,
        account.owner,
        None if account.holder is None else put_json(account.holder),
        account.created,
        account.managed_by,
        folded_column(account.owner),
        new.fingerprints.even,
        audit.at,
        audit.client_id,
        audit.action,
        audit.debtor_id,
        audit.source,
        digest_or_link,
    )


def kept_before_values(
    accounts: Sequence[NewBankAccount], places: Sequence[int]
) -> tuple[list[Value], ...]:
    """Return the arguments of `KEPT_BEFORE`, for the accounts at ``places``."""
    some = [accounts[place] for place in places]
    return (
        list(places),
        [new.account.contract_id for new in some],
        [new.account.id for new in some],
        [new.sealed_iban for new in some],
    )


def why_left_out_values(accounts: Sequence[NewBankAccount]) -> tuple[list[Value], ...]:
    """Return the arguments of `WHY_LEFT_OUT`."""
    debtors = [new.account.debtor for new in accounts]
    return (
        list(range(len(accounts))),
        [new.account.contract_id for new in accounts],
        [new.account.id for new in accounts],
        [None if debtor is None else debtor.id for debtor in debtors],
        [None if debtor is None else debtor.kind for debtor in debtors],
        [new.fingerprints.odd for new in accounts],
        [new.fingerprints.even for new in accounts],
    )


def audit_values(
    entries: Sequence[AuditEntry], written: Sequence[Written], links: list[bytes | None]
) -> tuple[list[Value], ...]:
    """Return the arguments of `ADD_AUDIT_ENTRIES`, but for the last one."""
    return (
        [entry.contract_id for entry in entries],
        [sequence for _, _, sequence, *_ in written],
        [entry.at for entry in entries],
        [entry.client_id for entry in entries],
        [entry.action for entry in entries],
        [entry.subject_id for entry in entries],
        [entry.debtor_id for entry in entries],
        [entry.source for entry in entries],
        [further for *_, further in written],
        links,
    )
