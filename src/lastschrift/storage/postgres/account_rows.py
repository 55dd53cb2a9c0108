"""An account with its audit entry as one row, which statements for many take."""

from lastschrift.operations.ports import NewBankAccount
from lastschrift.storage.codec import Row
from lastschrift.storage.folding import folded_column
from lastschrift.storage.postgres.codec import put_json

TYPE_BY_COLUMN = {
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
}
"""The columns of a row, and their types."""


def account_row(new: NewBankAccount) -> Row:
    """Return an account, its debtor's kind, and its audit entry, as `TYPE_BY_COLUMN` has it."""
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
        None if audit.at is account.created else audit.at,
        audit.client_id,
        audit.action,
        audit.debtor_id,
        audit.source,
    )


AUDITED_AT = "COALESCE(v.at, v.created)"
"""When the audit entry says it was: mostly that very instant, and instants are dear to send."""

DEBTOR_LOCKED = """
        SELECT d.id FROM debtor d
        WHERE d.contract_id = v.contract_id AND d.id = v.debtor_id AND d.kind = v.debtor_kind
          AND d.deleted IS NULL
        FOR SHARE
    """
"""The debtor of a row; locked, or an account could land under one that is just being deleted."""
