"""Erasing: what is held of a debtor, what has to go, and taking it away for good."""

from lastschrift.storage.statements.columns import BANK_ACCOUNT_COLUMNS as _COLUMNS

HELD_DEBTOR = """
SELECT id, kind, contact, created, updated, deleted, erased
FROM debtor WHERE contract_id = $1::uuid AND id = $2::uuid
"""

CLIENTS_SERVED = """
SELECT 1 FROM client
WHERE contract_id = $1::uuid AND identity_id = $2::uuid
  AND revoked IS NULL AND created < 'infinity'
LIMIT 1
"""

HIDDEN_ACCOUNTS_OF = f"""
SELECT {_COLUMNS}, a.deleted, a.restricted_until
FROM bank_account a
LEFT JOIN debtor d ON d.contract_id = a.contract_id AND d.id = a.debtor_id
WHERE a.contract_id = $1::uuid AND a.debtor_id = $2::uuid
  AND a.deleted < 'infinity' AND a.erased IS NULL
ORDER BY a.created, a.id
"""

USERS_OF = """
SELECT issuer, subject FROM identity
WHERE contract_id = $1::uuid AND debtor_id = $2::uuid AND linked < 'infinity'
ORDER BY issuer, subject
"""

AUDIT_ENTRIES_AFTER = """
SELECT writer, sequence, at, client_id, action, subject_id, debtor_id, source, further_subjects
FROM audit_entry
WHERE contract_id = $1::uuid AND (writer, sequence) > ($2::uuid, $3::bigint)
ORDER BY writer, sequence LIMIT $4::bigint
"""
"""In the order of writers: only to go through all, once. No index leads to whom entries name."""

ACCOUNT_ERASED = """
SELECT erased IS NOT NULL FROM bank_account WHERE contract_id = $1::uuid AND id = $2::uuid
"""

DEBTORS_HIDDEN_BEFORE = """
SELECT id FROM debtor
WHERE contract_id = $1::uuid AND deleted < $2::timestamptz AND deleted < 'infinity'
  AND erased IS NULL
ORDER BY deleted LIMIT $3::bigint
"""

ACCOUNTS_HIDDEN_BEFORE = """
SELECT id FROM bank_account
WHERE contract_id = $1::uuid AND deleted < $2::timestamptz AND deleted < 'infinity'
  AND archived IS NULL AND restricted_until IS NULL AND erased IS NULL
ORDER BY deleted LIMIT $3::bigint
"""

ACCOUNTS_RESTRICTED_UNTIL = """
SELECT id FROM bank_account
WHERE contract_id = $1::uuid AND restricted_until <= $2::timestamptz
  AND restricted_until < 'infinity' AND erased IS NULL
ORDER BY restricted_until LIMIT $3::bigint
"""

LOCK_HELD_DEBTOR = """
SELECT 1 FROM debtor WHERE contract_id = $1::uuid AND id = $2::uuid FOR UPDATE
"""
"""Registrations hold the row FOR SHARE until they are committed: they are waited for."""

BLANK_DEBTOR = """
UPDATE debtor SET contact = '{}', folded_given_name = '', folded_family_name = '',
    folded_company = '', folded_email = '', folded_contact = '{}',
    deleted = COALESCE(deleted, $3::timestamptz)
WHERE contract_id = $1::uuid AND id = $2::uuid
"""

RESTRICT_HIDDEN_ACCOUNTS_OF = """
UPDATE bank_account SET archived = NULL, restricted_until = $3::timestamptz
WHERE contract_id = $1::uuid AND debtor_id = $2::uuid AND deleted < 'infinity' AND erased IS NULL
RETURNING 1
"""

_BLANK = """
UPDATE bank_account SET fingerprint = NULL, fingerprint_even = NULL, iban_sealed = NULL,
    iban_country = NULL, iban_last_four = NULL, bic = NULL, bank_name = NULL, owner = NULL,
    folded_owner = '', holder = NULL, alias = NULL, expiry = NULL, authorisation = NULL,
    archived = NULL, restricted_until = NULL, deleted = COALESCE(deleted, $3::timestamptz),
    erased = $3::timestamptz
WHERE contract_id = $1::uuid AND erased IS NULL
"""

ERASE_ACCOUNT = _BLANK + "  AND id = $2::uuid RETURNING id"

ERASE_HIDDEN_ACCOUNTS_OF = (
    _BLANK
    + """  AND id IN (
    SELECT id FROM bank_account
    WHERE contract_id = $1::uuid AND debtor_id = $2::uuid AND deleted < 'infinity'
      AND restricted_until IS NULL AND erased IS NULL
    LIMIT $4::bigint
) RETURNING id
"""
)

FINISH_ERASURE = """
UPDATE debtor SET erased = $3::timestamptz
WHERE contract_id = $1::uuid AND id = $2::uuid AND erased IS NULL
RETURNING 1
"""

DROP_SEARCHES = "DELETE FROM scroll WHERE contract_id = $1::uuid AND condition <> $2::jsonb"

ERASURE_MARKS = "SELECT erasures, purged FROM installation"

COUNT_ERASURE = "UPDATE installation SET erasures = erasures + 1"

MARK_PURGED = "UPDATE installation SET purged = $1::integer"

TOUCH = "UPDATE installation SET touched = 1 - touched"
"""Changes something, as SQLite writes nothing down where nothing is another than before."""
