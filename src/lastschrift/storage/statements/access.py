"""Contracts, clients, access tokens."""

WRAPPED_KEYS = """
SELECT purpose, version, master_version, wrapped, active_from, complete_from
FROM contract_key WHERE contract_id = $1::uuid ORDER BY purpose, version
"""

PRINCIPAL = """
SELECT t.contract_id, t.client_id, t.scopes, t.expires, d.id, d.kind, c.manages
FROM access_token t
JOIN client c ON c.contract_id = t.contract_id AND c.id = t.client_id
LEFT JOIN debtor d ON d.contract_id = c.contract_id AND d.id = c.identity_id
WHERE t.token_hash = $1::bytea AND t.expires > $2::timestamptz AND t.expires <= $3::timestamptz
    AND c.revoked IS NULL
"""

ACCESS_TOKEN = """
SELECT t.client_id, t.scopes, t.issued, t.expires
FROM access_token t
JOIN client c ON c.contract_id = t.contract_id AND c.id = t.client_id
WHERE t.token_hash = $2::bytea AND t.contract_id = $1::uuid AND t.expires > $3::timestamptz
    AND t.expires <= $4::timestamptz AND c.revoked IS NULL
"""

SECRET_HASH = """
SELECT coalesce(c.secret_hash, asked.otherwise)
FROM (SELECT $1::uuid AS id, $2::bytea AS otherwise) AS asked
LEFT JOIN client c ON c.id = asked.id
"""

CLIENT = """
SELECT contract_id, id, name, scopes, identity_id, created, revoked, manages
FROM client WHERE id = $1::uuid
"""

CONTRACT = "SELECT id, name, created, identity_linking FROM contract WHERE id = $1::uuid"

CONTRACTS = "SELECT id, name, created, identity_linking FROM contract ORDER BY created, id"

CLIENTS = """
SELECT contract_id, id, name, scopes, identity_id, created, revoked, manages
FROM client ORDER BY created, id
"""

ADD_CONTRACT = """
INSERT INTO contract (id, name, created, identity_linking)
VALUES ($1::uuid, $2::text, $3::timestamptz, $4::text)
ON CONFLICT DO NOTHING
"""

ADD_CLIENT = """
INSERT INTO client (id, contract_id, name, secret_hash, scopes, identity_id, created, manages)
VALUES (
    $1::uuid, $2::uuid, $3::text, $4::bytea, $5::text, $6::uuid, $7::timestamptz, $8::integer
)
ON CONFLICT DO NOTHING
"""

REVOKE_CLIENT = """
UPDATE client SET revoked = $2::timestamptz WHERE id = $1::uuid AND revoked IS NULL
"""

REPLACE_SECRET = "UPDATE client SET secret_hash = $2::bytea WHERE id = $1::uuid"

ADD_ACCESS_TOKEN = """
INSERT INTO access_token (token_hash, contract_id, client_id, scopes, issued, expires)
VALUES ($1::bytea, $2::uuid, $3::uuid, $4::text, $5::timestamptz, $6::timestamptz)
ON CONFLICT DO NOTHING
"""

REVOKE_ACCESS_TOKEN = """
DELETE FROM access_token
WHERE token_hash = $3::bytea AND contract_id = $1::uuid AND client_id = $2::uuid RETURNING 1
"""

DROP_EXPIRED_TOKENS = """
DELETE FROM access_token WHERE token_hash IN (
    SELECT token_hash FROM access_token
    WHERE expires <= $1::timestamptz AND expires < 'infinity'
    UNION ALL
    SELECT token_hash FROM access_token
    WHERE expires > $2::timestamptz AND expires < 'infinity'
    LIMIT $3::bigint
) RETURNING 1
"""
