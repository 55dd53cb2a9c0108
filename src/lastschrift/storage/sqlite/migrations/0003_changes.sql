-- Debtors get another kind, and can be hidden. SQLite changes no CHECK: the table is written anew.

CREATE TABLE new_debtor (
    contract_id BLOB NOT NULL REFERENCES contract,
    id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('customer', 'service_identity', 'user')),
    contact TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER,
    deleted INTEGER,
    PRIMARY KEY (contract_id, id)
) STRICT, WITHOUT ROWID;

INSERT INTO new_debtor (contract_id, id, kind, contact, created, updated)
SELECT contract_id, id, kind, contact, created, updated FROM debtor;

DROP TABLE debtor;

ALTER TABLE new_debtor RENAME TO debtor;

CREATE INDEX debtor_by_creation ON debtor (contract_id, kind, created, id) WHERE deleted IS NULL;

ALTER TABLE client ADD COLUMN manages INTEGER NOT NULL DEFAULT 0 CHECK (manages IN (0, 1));

ALTER TABLE bank_account ADD COLUMN alias TEXT;
ALTER TABLE bank_account ADD COLUMN expiry INTEGER;
ALTER TABLE bank_account ADD COLUMN authorisation TEXT;
ALTER TABLE bank_account ADD COLUMN archived INTEGER;
ALTER TABLE bank_account ADD COLUMN managed_by BLOB;

-- Users of outside identity providers, and whose accounts are theirs.
ALTER TABLE contract ADD COLUMN identity_linking TEXT NOT NULL DEFAULT 'first_use'
    CHECK (identity_linking IN ('first_use', 'by_command'));

CREATE TABLE identity (
    contract_id BLOB NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    debtor_id BLOB NOT NULL,
    linked INTEGER NOT NULL,
    PRIMARY KEY (contract_id, issuer, subject),
    FOREIGN KEY (contract_id, debtor_id) REFERENCES debtor
) STRICT, WITHOUT ROWID;

CREATE INDEX identity_by_debtor ON identity (contract_id, debtor_id);
