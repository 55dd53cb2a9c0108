"""What idempotency keys were used for."""

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

LIVE_KEY_USE = KEY_USE + "  AND expires > $4::timestamptz FOR UPDATE"
"""Nobody drops it before the COMMIT, which waits until a standby has it, too."""

HAS_KEY_USES = """
SELECT 1 FROM idempotency_key
WHERE contract_id = $1::uuid AND created < $2::timestamptz AND expires > $3::timestamptz
  AND expires < 'infinity'
LIMIT 1
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
