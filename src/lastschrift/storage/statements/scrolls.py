"""Lists that are read batch by batch."""

SCROLL = """
SELECT contract_id, id, listed, condition, is_descending, count, batch, shown,
       last_created, last_id, read_created, read_id, lifetime_s, expires
FROM scroll
WHERE contract_id = $1::uuid AND id = $2::uuid AND listed = $3::text AND expires > $4::timestamptz
"""

ADD_SCROLL = """
INSERT INTO scroll (
    contract_id, id, listed, condition, is_descending, count, batch, shown, last_created, last_id,
    read_created, read_id, lifetime_s, expires
) VALUES (
    $1::uuid, $2::uuid, $3::text, $4::jsonb, $5::integer, $6::integer, $7::integer, $8::text,
    $9::timestamptz, $10::uuid, $11::timestamptz, $12::uuid, $13::integer, $14::timestamptz
)
ON CONFLICT DO NOTHING
"""

ADVANCE_SCROLL = """
UPDATE scroll SET batch = $3::integer + 1, taken_by = $4::uuid, expires = $5::timestamptz,
    read_created = $6::timestamptz, read_id = $7::uuid
WHERE contract_id = $1::uuid AND id = $2::uuid
  AND (batch = $3::integer OR taken_by = $4::uuid)
RETURNING 1
"""
"""Whoever took the batch, and did not hear of its COMMIT, takes it again."""

DROP_EXPIRED_SCROLLS = """
DELETE FROM scroll
WHERE contract_id = $1::uuid AND id IN (
    SELECT id FROM scroll
    WHERE contract_id = $1::uuid AND expires <= $2::timestamptz AND expires < 'infinity'
    LIMIT $3::bigint
) RETURNING 1
"""
