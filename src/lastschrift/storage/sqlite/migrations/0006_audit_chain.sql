-- The audit trail is chained.
SELECT 1;
