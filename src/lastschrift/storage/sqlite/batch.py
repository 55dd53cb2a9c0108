"""The statements that work on many rows at once: VALUES lists, one text for each length.

Every step of a statement lets go of the interpreter's lock, and then waits for it while the event
loop has it. So a batch is one INSERT, and it returns no rows: that would be a step for each. How
many rows went in is enough; only if some are missing is it asked which.
"""

from collections.abc import Iterator, Sequence
from functools import cache

from lastschrift.domain.bank_account import BankAccount
from lastschrift.operations.ports import AuditEntry, KeyUse, NewBankAccount
from lastschrift.storage.chaining import Written
from lastschrift.storage.codec import Row, Value
from lastschrift.storage.folding import folded_column
from lastschrift.storage.sqlite.codec import put_instant, put_json
from lastschrift.storage.sqlite.runs import RunOf

ACCOUNT_COLUMNS = (
    "contract_id, id, debtor_id, fingerprint, iban_sealed, iban_country, iban_last_four, bic, "
    "bank_name, owner, holder, created, managed_by, folded_owner, fingerprint_even, fingerprint_run"
)
AUDIT_COLUMNS = (
    "contract_id, writer, sequence, at, client_id, action, subject_id, debtor_id, source, "
    "further_subjects, link"
)
KEY_COLUMNS = "contract_id, operation, key_hash, command_hash, result_sealed, created, expires"

ROWS_MAX = 128
"""Rows of one statement: 17 columns of 128 rows are 2,176 of the 32,766 variables SQLite takes."""

# --- adding bank accounts -------------------------------------------------------------------------


@cache
def add_accounts_sql(count: int) -> str:
    """Insert the rows whose debtor exists and which conflict with nothing.

    Columns of a value: those of the table, then the debtor's kind.
    """
    inserted = ", ".join(f"v.column{n}" for n in range(1, 17))
    return f"""
    INSERT INTO bank_account ({ACCOUNT_COLUMNS})
    SELECT {inserted} FROM (VALUES {value_list(17, count)}) v
    LEFT JOIN debtor d
        ON d.contract_id = v.column1 AND d.id = v.column3 AND d.kind = v.column17
        AND d.deleted IS NULL
    WHERE v.column3 IS NULL OR d.id IS NOT NULL
    ON CONFLICT DO NOTHING
    """


def account_values(accounts: Sequence[NewBankAccount], run_of: RunOf) -> list[Value]:
    """Return the arguments of `add_accounts_sql`, row after row."""
    values: list[Value] = []
    for new in accounts:
        values += account_row(new, run_of)
    return values


def account_row(new: NewBankAccount, run_of: RunOf) -> Row:
    """Return an account as `ACCOUNT_COLUMNS` has it, then its debtor's kind."""
    account = new.account
    contract = account.contract_id.bytes
    debtor = account.debtor
    return (
        contract,
        account.id.bytes,
        None if debtor is None else debtor.id.bytes,
        new.fingerprints.odd,
        new.sealed_iban,
        account.iban_country,
        account.iban_last_four,
        account.bic,
        account.bank_name,
        account.owner,
        _holder_json(account),
        put_instant(account.created),
        None if account.managed_by is None else account.managed_by.bytes,
        folded_column(account.owner),
        new.fingerprints.even,
        run_of(contract),
        None if debtor is None else debtor.kind,
    )


def _holder_json(account: BankAccount) -> str | None:
    return None if account.holder is None else put_json(account.holder)


# --- telling which were left out, and why ---------------------------------------------------------


@cache
def left_out_sql(count: int) -> str:
    """Return the places of the values that did not become rows.

    A row is known by its sealed IBAN: no other has the same, not even one of the same id and IBAN.
    """
    return f"""
    SELECT v.column1
    FROM (VALUES {value_list(4, count)}) v
    LEFT JOIN bank_account a
        ON a.contract_id = v.column2 AND a.id = v.column3 AND a.iban_sealed = v.column4
    WHERE a.id IS NULL
    """


def left_out_values(accounts: Sequence[NewBankAccount]) -> list[Value]:
    """Return the arguments of `left_out_sql`."""
    values: list[Value] = []
    for place, new in enumerate(accounts):
        account = new.account
        values += (place, account.contract_id.bytes, account.id.bytes, new.sealed_iban)
    return values


@cache
def why_left_out_sql(count: int) -> str:
    """Return for each value its place and three facts.

    The account that holds its IBAN, whether its id is taken, and whether its debtor is missing.
    """
    return f"""
    SELECT v.column1, COALESCE(held.id, held_even.id), taken.id IS NOT NULL,
        v.column4 IS NOT NULL AND d.id IS NULL
    FROM (VALUES {value_list(7, count)}) v
    LEFT JOIN bank_account held
        ON held.contract_id = v.column2 AND held.debtor_id = v.column4
        AND held.fingerprint = v.column5 AND held.deleted IS NULL
    LEFT JOIN bank_account held_even
        ON held_even.contract_id = v.column2 AND held_even.debtor_id = v.column4
        AND held_even.fingerprint_even = v.column7 AND held_even.deleted IS NULL
    LEFT JOIN bank_account taken ON taken.contract_id = v.column2 AND taken.id = v.column3
    LEFT JOIN debtor d
        ON d.contract_id = v.column2 AND d.id = v.column4 AND d.kind = v.column6
        AND d.deleted IS NULL
    """


def why_left_out_values(accounts: Sequence[NewBankAccount]) -> list[Value]:
    """Return the arguments of `why_left_out_sql`."""
    values: list[Value] = []
    for place, new in enumerate(accounts):
        debtor = new.account.debtor
        values += (
            place,
            new.account.contract_id.bytes,
            new.account.id.bytes,
            None if debtor is None else debtor.id.bytes,
            new.fingerprints.odd,
            None if debtor is None else debtor.kind,
            new.fingerprints.even,
        )
    return values


# --- the audit trail ------------------------------------------------------------------------------


@cache
def add_audit_entries_sql(count: int) -> str:
    """Insert audit entries."""
    return f"INSERT INTO audit_entry ({AUDIT_COLUMNS}) VALUES {value_list(11, count)}"


def audits_of_kept(accounts: Sequence[NewBankAccount], left_out: Sequence[int]) -> list[AuditEntry]:
    """Return the audit entries of all accounts but those at the places that were left out."""
    if not left_out:
        return [new.audit for new in accounts]
    missing = set(left_out)
    return [new.audit for place, new in enumerate(accounts) if place not in missing]


def audit_values(entries: Sequence[Written], links: Sequence[bytes | None]) -> list[Value]:
    """Return the arguments of `add_audit_entries_sql`."""
    values: list[Value] = []
    for entry, link in zip(entries, links, strict=True):
        values += entry
        values.append(link)
    return values


# --- idempotency keys -----------------------------------------------------------------------------


@cache
def add_key_uses_sql(count: int) -> str:
    """Insert uses of keys that are not in use, nor were."""
    row = value_list(len(KEY_COLUMNS.split(", ")), count)
    return f"INSERT INTO idempotency_key ({KEY_COLUMNS}) VALUES {row} ON CONFLICT DO NOTHING"


def key_use_values(uses: Sequence[KeyUse]) -> list[Value]:
    """Return the arguments of `add_key_uses_sql`."""
    return [value for use in uses for value in key_use_row(use)]


@cache
def keys_in_use_sql(count: int) -> str:
    """Return the places of the values whose key is in use, or was."""
    return f"""
    SELECT v.column1 FROM (VALUES {value_list(4, count)}) v
    JOIN idempotency_key k
        ON k.contract_id = v.column2 AND k.operation = v.column3 AND k.key_hash = v.column4
    """


def keys_in_use_values(uses: Sequence[KeyUse]) -> list[Value]:
    """Return the arguments of `keys_in_use_sql`."""
    values: list[Value] = []
    for place, use in enumerate(uses):
        values += (place, use.contract_id.bytes, use.operation, use.key_hash)
    return values


def key_use_row(use: KeyUse) -> Row:
    """Return a use as `KEY_COLUMNS` has it."""
    return (
        use.contract_id.bytes,
        use.operation,
        use.key_hash,
        use.command_hash,
        use.result_sealed,
        put_instant(use.created),
        put_instant(use.expires),
    )


# --- lists of values ------------------------------------------------------------------------------


def value_list(columns: int, rows: int) -> str:
    """Return so many rows of so many variables, to stand behind VALUES."""
    row = "(" + ", ".join("?" * columns) + ")"
    return ", ".join([row] * rows)


def pieces(length: int, piece_max: int) -> Iterator[slice]:
    """Cut ``length`` things into pieces of powers of two, so that few texts serve all lengths."""
    start = 0
    while start < length:
        size = min(piece_max, 1 << ((length - start).bit_length() - 1))
        yield slice(start, start + size)
        start += size
