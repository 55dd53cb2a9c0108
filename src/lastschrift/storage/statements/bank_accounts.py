"""Bank accounts, one at a time, and lists of them."""

_BANK_ACCOUNT = """
SELECT a.contract_id, a.id, a.debtor_id, d.kind, a.iban_country, a.iban_last_four, a.bic,
       a.bank_name, a.owner, a.holder, a.created, a.updated, a.iban_sealed,
       a.alias, a.expiry, a.authorisation, a.archived, a.managed_by
FROM bank_account a
LEFT JOIN debtor d ON d.contract_id = a.contract_id AND d.id = a.debtor_id
WHERE a.contract_id = $1::uuid AND a.deleted IS NULL
"""

BANK_ACCOUNT = _BANK_ACCOUNT + " AND a.id = $2::uuid"

BANK_ACCOUNTS_OF = _BANK_ACCOUNT + " AND a.debtor_id = $2::uuid ORDER BY a.created, a.id"

BANK_ACCOUNTS_TOTAL = """
SELECT count(*) FROM bank_account
WHERE contract_id = $1::uuid AND deleted IS NULL AND created < 'infinity'
"""

BANK_ACCOUNTS = (
    _BANK_ACCOUNT
    + " AND a.created < 'infinity' ORDER BY a.created, a.id LIMIT $2::bigint OFFSET $3::bigint"
)

DELETE_BANK_ACCOUNT = """
UPDATE bank_account SET deleted = $3::timestamptz
WHERE contract_id = $1::uuid AND id = $2::uuid AND deleted IS NULL
"""
