"""Debtors."""

CUSTOMER = """
SELECT contract_id, id, kind, contact, created, updated
FROM debtor
WHERE contract_id = $1::uuid AND id = $2::uuid AND kind = 'customer' AND deleted IS NULL
"""

CUSTOMERS_TOTAL = """
SELECT count(*) FROM debtor
WHERE contract_id = $1::uuid AND kind = 'customer' AND deleted IS NULL AND created < 'infinity'
"""

CUSTOMERS = """
SELECT contract_id, id, kind, contact, created, updated
FROM debtor
WHERE contract_id = $1::uuid AND kind = 'customer' AND deleted IS NULL AND created < 'infinity'
ORDER BY created, id LIMIT $2::bigint OFFSET $3::bigint
"""

ADD_DEBTOR = """
INSERT INTO debtor (contract_id, id, kind, contact, created)
VALUES ($1::uuid, $2::uuid, $3::text, $4::jsonb, $5::timestamptz)
ON CONFLICT DO NOTHING
"""
