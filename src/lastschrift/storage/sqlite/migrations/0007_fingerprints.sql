-- Fingerprint keys can be turned. While two versions live, accounts have a fingerprint under each:
-- those of odd versions stand in fingerprint, those of even ones in fingerprint_even. One debtor
-- holds an IBAN once under each of them. What is NULL is not in these indexes, and costs nothing;
-- so the accounts of a debtor, whom they do not begin with, have an index of their own.
ALTER TABLE bank_account ADD COLUMN fingerprint_even BLOB;

DROP INDEX bank_account_once;
DROP INDEX bank_account_by_fingerprint;

CREATE UNIQUE INDEX bank_account_once ON bank_account (contract_id, fingerprint, debtor_id)
    WHERE deleted IS NULL AND fingerprint IS NOT NULL;
CREATE UNIQUE INDEX bank_account_once_even ON bank_account (
    contract_id, fingerprint_even, debtor_id
) WHERE deleted IS NULL AND fingerprint_even IS NOT NULL;

CREATE INDEX bank_account_of_debtor ON bank_account (contract_id, debtor_id, created, id, deleted)
    WHERE deleted IS NULL AND debtor_id IS NOT NULL;

-- Since when all accounts have a fingerprint under a key's version, so that they are looked for by
-- it. Of a fingerprint key that is destroyed, what hashes of idempotency keys were made with may be
-- kept. SQLite changes no CHECK: the table is written anew.
CREATE TABLE new_contract_key (
    contract_id BLOB NOT NULL REFERENCES contract,
    purpose TEXT NOT NULL CHECK (purpose IN ('data', 'fingerprint', 'hash')),
    version INTEGER NOT NULL,
    master_version INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    active_from INTEGER NOT NULL,
    complete_from INTEGER,
    PRIMARY KEY (contract_id, purpose, version)
) STRICT, WITHOUT ROWID;

INSERT INTO new_contract_key
SELECT contract_id, purpose, version, master_version, wrapped, active_from,
    CASE purpose WHEN 'fingerprint' THEN 0 END
FROM contract_key;

DROP TABLE contract_key;

ALTER TABLE new_contract_key RENAME TO contract_key;
