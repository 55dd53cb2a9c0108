"""Users of outside identity providers, linked to debtors."""

LINKED_DEBTOR = """
SELECT d.id, d.kind
FROM identity i
JOIN debtor d ON d.contract_id = i.contract_id AND d.id = i.debtor_id
WHERE i.contract_id = $1::uuid AND i.issuer = $2::text AND i.subject = $3::text
  AND d.deleted IS NULL
"""

IDENTITY_LINKING = "SELECT identity_linking FROM contract WHERE id = $1::uuid"

LINKED_USERS_TOTAL = """
SELECT count(*) FROM identity WHERE contract_id = $1::uuid
"""

LINKED_USERS = """
SELECT i.contract_id, i.issuer, i.subject, d.id, d.kind, i.linked
FROM identity i
JOIN debtor d ON d.contract_id = i.contract_id AND d.id = i.debtor_id
WHERE i.contract_id = $1::uuid
ORDER BY i.issuer, i.subject LIMIT $2::bigint OFFSET $3::bigint
"""

DEBTOR_TO_LINK = """
SELECT id, kind FROM debtor
WHERE contract_id = $1::uuid AND id = $2::uuid AND deleted IS NULL FOR SHARE
"""

CHANGE_IDENTITY_LINKING = """
UPDATE contract SET identity_linking = $2::text WHERE id = $1::uuid
"""

LINK_IDENTITY = """
INSERT INTO identity (contract_id, issuer, subject, debtor_id, linked)
VALUES ($1::uuid, $2::text, $3::text, $4::uuid, $5::timestamptz)
ON CONFLICT DO NOTHING
RETURNING 1
"""

UNLINK_IDENTITY = """
DELETE FROM identity
WHERE contract_id = $1::uuid AND issuer = $2::text AND subject = $3::text
RETURNING 1
"""

UNLINK_IDENTITIES_OF = """
DELETE FROM identity WHERE contract_id = $1::uuid AND debtor_id = $2::uuid AND linked < 'infinity'
"""
