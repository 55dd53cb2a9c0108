-- On SQLite an account is found by its IBAN in another way from here on
-- (docs/decisions/fingerprint-runs.md). Here all stays as it is; both engines count the same steps.
SELECT 1;
