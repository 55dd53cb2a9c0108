"""Bank accounts, one at a time, and those of a debtor."""

from lastschrift.storage.statements.columns import BANK_ACCOUNT_COLUMNS as _COLUMNS

_ANY_BANK_ACCOUNT = f"""
SELECT {_COLUMNS}
FROM bank_account a
LEFT JOIN debtor d ON d.contract_id = a.contract_id AND d.id = a.debtor_id
WHERE a.contract_id = $1::uuid
"""

_BANK_ACCOUNT = _ANY_BANK_ACCOUNT + " AND a.deleted IS NULL"

BANK_ACCOUNT = _BANK_ACCOUNT + " AND a.id = $2::uuid"

READABLE_BANK_ACCOUNT = (
    _ANY_BANK_ACCOUNT
    + """
  AND a.id = $2::uuid
  AND (a.deleted IS NULL OR (a.archived IS NOT NULL AND d.deleted IS NULL))
"""
)
"""An archived account goes with its debtor; that it was archived stays in the books."""

BANK_ACCOUNTS_OF = _BANK_ACCOUNT + " AND a.debtor_id = $2::uuid ORDER BY a.created, a.id"

_SOME_OF_DEBTOR = """
  AND a.debtor_id = $2::uuid
  AND ($5::timestamptz IS NULL OR a.expiry IS NULL OR a.expiry > $5::timestamptz)
ORDER BY a.created, a.id LIMIT $3::bigint OFFSET $4::bigint
"""

SOME_BANK_ACCOUNTS_OF_CUSTOMER = _BANK_ACCOUNT + _SOME_OF_DEBTOR

SOME_BANK_ACCOUNTS_OF_IDENTITY = _BANK_ACCOUNT + " AND a.holder IS NOT NULL" + _SOME_OF_DEBTOR
"""All of them, and by an index that has them in order (`BankAccount.check_holder`)."""

BANK_ACCOUNTS_GONE = """
SELECT count(*) FROM bank_account
WHERE contract_id = $1::uuid AND deleted >= $2::timestamptz AND deleted < 'infinity'
  AND created < $3::timestamptz
"""

DELETE_BANK_ACCOUNT = """
UPDATE bank_account SET deleted = $3::timestamptz, archived = NULL
WHERE contract_id = $1::uuid AND id = $2::uuid AND (deleted IS NULL OR archived IS NOT NULL)
"""

DELETE_BANK_ACCOUNTS_OF = """
UPDATE bank_account SET deleted = $3::timestamptz
WHERE contract_id = $1::uuid AND debtor_id = $2::uuid AND deleted IS NULL
RETURNING id
"""

_LOCK_REMOVABLE = """
SELECT id FROM bank_account
WHERE contract_id = $1::uuid AND debtor_id = $2::uuid AND deleted IS NULL
  AND (managed_by IS NULL OR managed_by = $3::uuid)
"""

_OLDEST_TO_UPDATE = "ORDER BY created, id LIMIT $4::bigint FOR UPDATE"

LOCK_REMOVABLE_BANK_ACCOUNTS_OF_CUSTOMER = _LOCK_REMOVABLE + _OLDEST_TO_UPDATE

LOCK_REMOVABLE_BANK_ACCOUNTS_OF_IDENTITY = (
    _LOCK_REMOVABLE + "  AND holder IS NOT NULL\n" + _OLDEST_TO_UPDATE
)

LOCK_BANK_ACCOUNT = """
SELECT fingerprint, fingerprint_even FROM bank_account
WHERE contract_id = $1::uuid AND id = $2::uuid
FOR UPDATE
"""
"""The row alone: after waiting for a lock, PostgreSQL would join it to the debtor it had before."""

BANK_ACCOUNT_WITH = """
SELECT id FROM bank_account
WHERE contract_id = $1::uuid AND debtor_id = $2::uuid AND fingerprint = $3::bytea
  AND deleted IS NULL
UNION
SELECT id FROM bank_account
WHERE contract_id = $1::uuid AND debtor_id = $2::uuid AND fingerprint_even = $4::bytea
  AND deleted IS NULL
"""
"""Each half by an index of its own; there is no more than one such account."""

UPDATE_BANK_ACCOUNT = """
UPDATE bank_account SET debtor_id = $3::uuid, fingerprint = $4::bytea, iban_sealed = $5::bytea,
    iban_country = $6::text, iban_last_four = $7::text, bic = $8::text, bank_name = $9::text,
    owner = $10::text, updated = $11::timestamptz, folded_owner = $12::text,
    fingerprint_even = $13::bytea
WHERE contract_id = $1::uuid AND id = $2::uuid
"""

UPDATE_ACCOUNT_USAGE = """
UPDATE bank_account SET alias = $3::text, expiry = $4::timestamptz, authorisation = $5::jsonb,
    updated = $6::timestamptz
WHERE contract_id = $1::uuid AND id = $2::uuid
"""

ASSIGN_BANK_ACCOUNT = """
UPDATE bank_account SET debtor_id = $3::uuid, updated = $4::timestamptz
WHERE contract_id = $1::uuid AND id = $2::uuid
"""

ARCHIVE_BANK_ACCOUNT = """
UPDATE bank_account
SET deleted = $3::timestamptz, archived = $3::timestamptz, updated = $3::timestamptz
WHERE contract_id = $1::uuid AND id = $2::uuid AND deleted IS NULL
"""
