-- Erasure, and periods for which something is kept.
SELECT 1;
