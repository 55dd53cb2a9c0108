"""Turning contracts' keys, and going through all that is sealed under them."""

ADD_CONTRACT_KEY = """
INSERT INTO contract_key (
    contract_id, purpose, version, master_version, wrapped, active_from, complete_from
) VALUES (
    $1::uuid, $2::text, $3::integer, $4::integer, $5::bytea, $6::timestamptz, $7::timestamptz
)
ON CONFLICT DO NOTHING
"""

REPLACE_CONTRACT_KEY = """
UPDATE contract_key SET master_version = $4::integer, wrapped = $5::bytea
WHERE contract_id = $1::uuid AND purpose = $2::text AND version = $3::integer
"""

COMPLETE_CONTRACT_KEY = """
UPDATE contract_key SET complete_from = $4::timestamptz
WHERE contract_id = $1::uuid AND purpose = $2::text AND version = $3::integer
  AND complete_from IS NULL
"""

DROP_CONTRACT_KEY = """
DELETE FROM contract_key
WHERE contract_id = $1::uuid AND purpose = $2::text AND version = $3::integer
"""

ACCOUNT_TOTAL = "SELECT count(*) FROM bank_account WHERE contract_id = $1::uuid"

SEALED_RESULTS_TOTAL = "SELECT count(*) FROM idempotency_key WHERE contract_id = $1::uuid"

SEALED_IBANS = """
SELECT id, iban_sealed FROM bank_account
WHERE contract_id = $1::uuid AND id >= $2::uuid
ORDER BY id LIMIT $3::bigint
"""
"""In the order of their ids, which is no order of time: only to go through all, once."""

KEPT_FINGERPRINTS = """
SELECT id, iban_sealed, fingerprint, fingerprint_even FROM bank_account
WHERE contract_id = $1::uuid AND id >= $2::uuid
ORDER BY id LIMIT $3::bigint
"""

_AN_ACCOUNT = "SELECT 1 FROM bank_account WHERE contract_id = $1::uuid AND "

LACKS_ODD = _AN_ACCOUNT + "fingerprint IS NULL AND fingerprint_even IS NOT NULL LIMIT 1"

LACKS_EVEN = _AN_ACCOUNT + "fingerprint_even IS NULL AND fingerprint IS NOT NULL LIMIT 1"

HAS_ODD = _AN_ACCOUNT + "fingerprint IS NOT NULL LIMIT 1"

HAS_EVEN = _AN_ACCOUNT + "fingerprint_even IS NOT NULL LIMIT 1"

SEALED_RESULTS = """
SELECT operation, key_hash, result_sealed FROM idempotency_key
WHERE contract_id = $1::uuid AND (operation, key_hash) > ($2::text, $3::bytea)
ORDER BY operation, key_hash LIMIT $4::bigint
"""

RESEAL_IBAN = """
UPDATE bank_account SET iban_sealed = $4::bytea
WHERE contract_id = $1::uuid AND id = $2::uuid AND iban_sealed = $3::bytea
"""

REPLACE_FINGERPRINTS = """
UPDATE bank_account SET fingerprint = $4::bytea, fingerprint_even = $5::bytea
WHERE contract_id = $1::uuid AND id = $2::uuid AND iban_sealed = $3::bytea
"""

RESEAL_RESULT = """
UPDATE idempotency_key SET result_sealed = $5::bytea
WHERE contract_id = $1::uuid AND operation = $2::text AND key_hash = $3::bytea
  AND result_sealed = $4::bytea
"""
