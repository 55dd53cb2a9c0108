"""The statements that work on many rows at once, and their arguments.

Arrays go in, and a row comes back for each that needs a word. Mostly all of a batch is new, and was
added by `lastschrift.storage.postgres.adding` before any of these is needed.

A row is known by its sealed IBAN: no other has the same, not even one of the same id and IBAN. So
a batch that is sent again, its COMMIT never heard of, finds what it kept the first time.
"""

from collections.abc import Sequence

from lastschrift.operations.ports import AuditEntry, KeyUse, NewBankAccount
from lastschrift.storage.chaining import Written
from lastschrift.storage.codec import Value
from lastschrift.storage.postgres import account_rows

# --- adding what can be, and telling of the rest --------------------------------------------------

_ARGUMENTS = {**account_rows.TYPE_BY_COLUMN, "digest": "bytea"}

ADD_ACCOUNTS = f"""
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
        {", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_ARGUMENTS.values(), 1))}
    ) WITH ORDINALITY AS v (
        {", ".join(_ARGUMENTS)}, place
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
    LEFT JOIN LATERAL ({account_rows.DEBTOR_LOCKED}) d ON true
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
    SELECT v.contract_id, $25::uuid, $26::bigint + v.place, {account_rows.AUDITED_AT},
           v.client_id, v.action, v.id, v.caller_debtor_id, v.source, l.link
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

KEYS_IN_USE = """
SELECT v.place
FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bytea[])
    AS v (place, contract_id, operation, key_hash)
JOIN LATERAL (
    SELECT k.created FROM idempotency_key k
    WHERE k.contract_id = v.contract_id AND k.operation = v.operation AND k.key_hash = v.key_hash
    LIMIT 1
) k ON true
"""
"""Return the places of keys that are in use, or were."""

AUDIT_ARGUMENTS = 11
"""So many arguments `ADD_AUDIT_ENTRIES` has."""

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


WAIT_FOR_STANDBY = "SELECT pg_logical_emit_message(true, 'lastschrift', '')"
"""Make the COMMIT of a transaction that writes nothing wait for all that it may have seen."""

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
    rows = [
        (*account_rows.account_row(new), digest)
        for new, digest in zip(accounts, digests, strict=True)
    ]
    return tuple(map(list, zip(*rows, strict=True)))


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


def keys_in_use_values(uses: Sequence[KeyUse]) -> tuple[list[Value], ...]:
    """Return the arguments of `KEYS_IN_USE`."""
    return (
        list(range(len(uses))),
        [use.contract_id for use in uses],
        [use.operation for use in uses],
        [use.key_hash for use in uses],
    )


def audit_values(
    entries: Sequence[AuditEntry], written: Sequence[Written], links: Sequence[bytes | None]
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
        list(links),
    )
