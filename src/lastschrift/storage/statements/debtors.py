"""Debtors."""

from lastschrift.storage.statements.columns import DEBTOR_COLUMNS as _COLUMNS

CUSTOMER = f"""
SELECT {_COLUMNS}
FROM debtor d
WHERE d.contract_id = $1::uuid AND d.id = $2::uuid AND d.kind = 'customer' AND d.deleted IS NULL
"""

CUSTOMERS_GONE = """
SELECT count(*) FROM debtor
WHERE contract_id = $1::uuid AND kind = 'customer' AND deleted >= $2::timestamptz
  AND deleted < 'infinity' AND created < $3::timestamptz
"""

ADD_DEBTOR = """
INSERT INTO debtor (
    contract_id, id, kind, contact, created, folded_given_name, folded_family_name,
    folded_company, folded_email, folded_contact
) VALUES (
    $1::uuid, $2::uuid, $3::text, $4::jsonb, $5::timestamptz, $6::text, $7::text, $8::text,
    $9::text, $10::jsonb
)
ON CONFLICT DO NOTHING
"""

LOCK_CUSTOMER = CUSTOMER + " FOR UPDATE"
"""Registrations hold the row FOR SHARE until they are committed: they are waited for."""

LOCK_DEBTOR = """
SELECT 1 FROM debtor
WHERE contract_id = $1::uuid AND id = $2::uuid AND kind = $3::text AND deleted IS NULL
FOR UPDATE
"""

UPDATE_DEBTOR = """
UPDATE debtor SET contact = $3::jsonb, updated = $4::timestamptz, folded_given_name = $5::text,
    folded_family_name = $6::text, folded_company = $7::text, folded_email = $8::text,
    folded_contact = $9::jsonb
WHERE contract_id = $1::uuid AND id = $2::uuid
"""

DELETE_DEBTOR = """
UPDATE debtor SET deleted = $3::timestamptz
WHERE contract_id = $1::uuid AND id = $2::uuid AND deleted IS NULL
"""
