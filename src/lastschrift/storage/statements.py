"""The SQL of every single statement, in PostgreSQL's form: ``$n::type`` for the n-th argument.

An engine with another form rewrites them when it is imported (`storage.sqlite.dialect`). Only what
works on many rows at once has a text of its own for each engine.

Every look-up carries the contract, but those by a secret's hash or a client's id, which find out
what the contract is; lists are sorted by (created, id), never by id alone.

What says that an instant is before infinity, as each of them is, may go by an index that nothing
else goes by: docs/decisions/postgres-indexes.md has why. To SQLite a text is more than any number.

What is added has an id that we drew, so it can conflict with itself only: an operation whose COMMIT
was never heard of runs again, and leaves what it finds of itself as it is.
"""

WRAPPED_KEYS = """
SELECT purpose, version, master_version, wrapped
FROM contract_key WHERE contract_id = $1::uuid ORDER BY purpose, version
"""

PRINCIPAL = """
SELECT t.contract_id, t.client_id, t.scopes, t.expires, d.id, d.kind
FROM access_token t
JOIN client c ON c.contract_id = t.contract_id AND c.id = t.client_id
LEFT JOIN debtor d ON d.contract_id = c.contract_id AND d.id = c.identity_id
WHERE t.token_hash = $1::bytea AND t.expires > $2::timestamptz AND c.revoked IS NULL
"""

CREDENTIALS = """
SELECT contract_id, id, name, scopes, identity_id, created, revoked, secret_hash
FROM client WHERE id = $1::uuid
"""

CONTRACT = "SELECT id, name, created FROM contract WHERE id = $1::uuid"

CONTRACTS = "SELECT id, name, created FROM contract ORDER BY created, id"

CLIENTS = """
SELECT contract_id, id, name, scopes, identity_id, created, revoked
FROM client ORDER BY created, id
"""

CUSTOMER = """
SELECT contract_id, id, kind, contact, created, updated
FROM debtor WHERE contract_id = $1::uuid AND id = $2::uuid AND kind = 'customer'
"""

CUSTOMERS_TOTAL = """
SELECT count(*) FROM debtor
WHERE contract_id = $1::uuid AND kind = 'customer' AND created < 'infinity'
"""

CUSTOMERS = """
SELECT contract_id, id, kind, contact, created, updated
FROM debtor WHERE contract_id = $1::uuid AND kind = 'customer' AND created < 'infinity'
ORDER BY created, id LIMIT $2::bigint OFFSET $3::bigint
"""

_BANK_ACCOUNT = """
SELECT a.contract_id, a.id, a.debtor_id, d.kind, a.iban_country, a.iban_last_four, a.bic,
       a.bank_name, a.owner, a.holder, a.created, a.updated, a.iban_sealed
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

ADD_CONTRACT = """
INSERT INTO contract (id, name, created) VALUES ($1::uuid, $2::text, $3::timestamptz)
ON CONFLICT DO NOTHING
"""

ADD_CONTRACT_KEY = """
INSERT INTO contract_key (contract_id, purpose, version, master_version, wrapped)
VALUES ($1::uuid, $2::text, $3::integer, $4::integer, $5::bytea)
ON CONFLICT DO NOTHING
"""

ADD_CLIENT = """
INSERT INTO client (id, contract_id, name, secret_hash, scopes, identity_id, created)
VALUES ($1::uuid, $2::uuid, $3::text, $4::bytea, $5::text, $6::uuid, $7::timestamptz)
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

DROP_EXPIRED_TOKENS = """
DELETE FROM access_token WHERE token_hash IN (
    SELECT token_hash FROM access_token
    WHERE expires <= $1::timestamptz AND expires < 'infinity' LIMIT $2::bigint
) RETURNING 1
"""

ADD_DEBTOR = """
INSERT INTO debtor (contract_id, id, kind, contact, created)
VALUES ($1::uuid, $2::uuid, $3::text, $4::jsonb, $5::timestamptz)
ON CONFLICT DO NOTHING
"""

DELETE_BANK_ACCOUNT = """
UPDATE bank_account SET deleted = $3::timestamptz
WHERE contract_id = $1::uuid AND id = $2::uuid AND deleted IS NULL
"""

CLAIM_KEY = """
INSERT INTO idempotency_key (
    contract_id, operation, key_hash, command_hash, result_sealed, created, expires
) VALUES (
    $1::uuid, $2::text, $3::bytea, $4::bytea, $5::bytea, $6::timestamptz, $7::timestamptz
)
ON CONFLICT (contract_id, operation, key_hash) DO UPDATE SET
    command_hash = excluded.command_hash, result_sealed = excluded.result_sealed,
    created = excluded.created, expires = excluded.expires
WHERE idempotency_key.expires <= excluded.created
RETURNING 1
"""
"""Keep a use, in place of one that has expired; no row comes back if one is there that has not.

That one is locked then, though nothing of it changes: nobody can drop it before it is read, and our
COMMIT waits until a standby has it, too, before we tell of it.
"""

KEY_USE = """
SELECT contract_id, operation, key_hash, command_hash, result_sealed, created, expires
FROM idempotency_key
WHERE contract_id = $1::uuid AND operation = $2::text AND key_hash = $3::bytea
"""

RELEASE_KEY = """
DELETE FROM idempotency_key
WHERE contract_id = $1::uuid AND operation = $2::text AND key_hash = $3::bytea
"""

DROP_EXPIRED_KEYS = """
DELETE FROM idempotency_key
WHERE contract_id = $1::uuid AND (operation, key_hash) IN (
    SELECT operation, key_hash FROM idempotency_key
    WHERE contract_id = $1::uuid AND expires <= $2::timestamptz AND expires < 'infinity'
    LIMIT $3::bigint
) RETURNING 1
"""

INSTALLATION_KIND = "SELECT kind FROM installation"
