-- Fingerprint keys can be turned. While two versions live, accounts have a fingerprint under each:
-- those of odd versions stand in fingerprint, those of even ones in fingerprint_even. One debtor
-- holds an IBAN once under each of them. What is NULL is not in these indexes, and costs nothing;
-- so the accounts of a debtor, whom they do not begin with, have an index of their own.
ALTER TABLE bank_account ADD COLUMN fingerprint_even bytea;

DROP INDEX bank_account_once;
DROP INDEX bank_account_by_fingerprint;

CREATE UNIQUE INDEX bank_account_once ON bank_account (contract_id, fingerprint, debtor_id)
    WHERE deleted IS NULL AND fingerprint IS NOT NULL;
CREATE UNIQUE INDEX bank_account_once_even ON bank_account (
    contract_id, fingerprint_even, debtor_id
) WHERE deleted IS NULL AND fingerprint_even IS NOT NULL;

CREATE INDEX bank_account_of_debtor ON bank_account (contract_id, debtor_id, created, id)
    WHERE deleted IS NULL AND debtor_id IS NOT NULL;

-- Since when all accounts have a fingerprint under a key's version, so that they are looked for by
-- it. Of a fingerprint key that is destroyed, what hashes of idempotency keys were made with may be
-- kept.
ALTER TABLE contract_key ADD COLUMN complete_from timestamptz;

UPDATE contract_key SET complete_from = timestamptz '1970-01-01 00:00:00+00'
WHERE purpose = 'fingerprint';

ALTER TABLE contract_key DROP CONSTRAINT contract_key_purpose_check;
ALTER TABLE contract_key ADD CONSTRAINT contract_key_purpose_check
    CHECK (purpose IN ('data', 'fingerprint', 'hash'));
