-- Fingerprint keys can be turned.
SELECT 1;
