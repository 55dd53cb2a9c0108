-- Lists: texts of debtors and accounts as they are searched by, in folded letters. Those that lists
-- go by have columns of their own; all others of a debtor stand in folded_contact. What is there
-- already is folded behind this script (`fill_folded`).
ALTER TABLE debtor ADD COLUMN folded_given_name text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE debtor ADD COLUMN folded_family_name text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE debtor ADD COLUMN folded_company text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE debtor ADD COLUMN folded_email text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE debtor ADD COLUMN folded_contact jsonb NOT NULL DEFAULT '{}';
ALTER TABLE bank_account ADD COLUMN folded_owner text COLLATE "C" NOT NULL DEFAULT '';

-- Each has a condition that holds for every row, another one each: 0001 has why.
CREATE INDEX debtor_by_given_name ON debtor (contract_id, folded_given_name, created, id)
    WHERE kind = 'customer' AND deleted IS NULL AND folded_given_name >= '';
CREATE INDEX debtor_by_family_name ON debtor (contract_id, folded_family_name, created, id)
    WHERE kind = 'customer' AND deleted IS NULL AND folded_family_name >= '';
CREATE INDEX debtor_by_company ON debtor (contract_id, folded_company, created, id)
    WHERE kind = 'customer' AND deleted IS NULL AND folded_company >= '';
CREATE INDEX debtor_by_email ON debtor (contract_id, folded_email, created, id)
    WHERE kind = 'customer' AND deleted IS NULL AND folded_email >= '';
CREATE INDEX bank_account_by_fingerprint ON bank_account (contract_id, fingerprint)
    WHERE deleted IS NULL AND fingerprint >= '';

-- How many went since a list was counted.
CREATE INDEX debtor_by_deletion ON debtor (contract_id, kind, deleted, created)
    WHERE deleted < 'infinity';
CREATE INDEX bank_account_by_deletion ON bank_account (contract_id, deleted, created)
    WHERE deleted < 'infinity';

-- Lists that are read piece by piece: what is searched for, and how far they have been read.
CREATE TABLE scroll (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    listed text NOT NULL,
    condition jsonb NOT NULL,
    is_descending integer NOT NULL,
    count integer NOT NULL,
    batch integer NOT NULL,
    taken_by uuid,
    shown text NOT NULL,
    last_created timestamptz,
    last_id uuid,
    read_created timestamptz,
    read_id uuid,
    lifetime_s integer NOT NULL,
    expires timestamptz NOT NULL,
    PRIMARY KEY (contract_id, id)
);

CREATE INDEX scroll_by_expiry ON scroll (contract_id, expires) WHERE expires < 'infinity';
