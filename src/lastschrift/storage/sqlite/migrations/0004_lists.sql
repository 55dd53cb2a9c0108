-- Lists: texts of debtors and accounts as they are searched by, in folded letters. Those that lists
-- go by have columns of their own; all others of a debtor stand in folded_contact. What is there
-- already is folded behind this script (`fill_folded`).
ALTER TABLE debtor ADD COLUMN folded_given_name TEXT NOT NULL DEFAULT '';
ALTER TABLE debtor ADD COLUMN folded_family_name TEXT NOT NULL DEFAULT '';
ALTER TABLE debtor ADD COLUMN folded_company TEXT NOT NULL DEFAULT '';
ALTER TABLE debtor ADD COLUMN folded_email TEXT NOT NULL DEFAULT '';
ALTER TABLE debtor ADD COLUMN folded_contact TEXT NOT NULL DEFAULT '{}';
ALTER TABLE bank_account ADD COLUMN folded_owner TEXT NOT NULL DEFAULT '';

-- Each has all columns that finding a page, or counting, looks at: the table's rows are not read.
DROP INDEX debtor_by_creation;
CREATE INDEX debtor_by_creation ON debtor (contract_id, kind, created, id, deleted)
    WHERE deleted IS NULL;
CREATE INDEX debtor_by_given_name ON debtor (
    contract_id, kind, folded_given_name, created, id, deleted
) WHERE deleted IS NULL;
CREATE INDEX debtor_by_family_name ON debtor (
    contract_id, kind, folded_family_name, created, id, deleted
) WHERE deleted IS NULL;
CREATE INDEX debtor_by_company ON debtor (
    contract_id, kind, folded_company, created, id, deleted
) WHERE deleted IS NULL;
CREATE INDEX debtor_by_email ON debtor (
    contract_id, kind, folded_email, created, id, deleted
) WHERE deleted IS NULL;

DROP INDEX bank_account_by_creation;
CREATE INDEX bank_account_by_creation ON bank_account (contract_id, created, id, deleted)
    WHERE deleted IS NULL;
CREATE INDEX bank_account_by_fingerprint ON bank_account (contract_id, fingerprint)
    WHERE deleted IS NULL;

-- How many went since a list was counted.
CREATE INDEX debtor_by_deletion ON debtor (contract_id, kind, deleted, created)
    WHERE deleted IS NOT NULL;
CREATE INDEX bank_account_by_deletion ON bank_account (contract_id, deleted, created)
    WHERE deleted IS NOT NULL;

-- Lists that are read piece by piece: what is searched for, and how far they have been read.
CREATE TABLE scroll (
    contract_id BLOB NOT NULL,
    id BLOB NOT NULL,
    listed TEXT NOT NULL,
    condition TEXT NOT NULL,
    is_descending INTEGER NOT NULL,
    count INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    taken_by BLOB,
    shown TEXT NOT NULL,
    last_created INTEGER,
    last_id BLOB,
    read_created INTEGER,
    read_id BLOB,
    lifetime_s INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (contract_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX scroll_by_expiry ON scroll (contract_id, expires);
