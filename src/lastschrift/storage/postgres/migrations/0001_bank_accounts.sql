-- Some indexes have a condition that holds for every row (every instant is before infinity). Only
-- what says it too can go by them. Without it a look-up by id might, too, and read all rows of a
-- contract: as long as PostgreSQL has no statistics, all indexes look alike to it.

-- The mark that says whose tables these are: other programs have a schema_version, too.
CREATE TABLE schema_version (
    number integer PRIMARY KEY,
    name text NOT NULL,
    applied timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE schema_version IS 'Lastschrift';

CREATE TABLE installation (
    only_row integer PRIMARY KEY CHECK (only_row = 1),
    kind text NOT NULL CHECK (kind IN ('sandbox', 'production'))
);

CREATE TABLE contract (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    created timestamptz NOT NULL
);

-- Text in a key is sorted by its bytes, as on every engine: a copy goes through a table in that order.
CREATE TABLE contract_key (
    contract_id uuid NOT NULL REFERENCES contract,
    purpose text COLLATE "C" NOT NULL CHECK (purpose IN ('data', 'fingerprint')),
    version integer NOT NULL,
    master_version integer NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (contract_id, purpose, version)
);

CREATE TABLE debtor (
    contract_id uuid NOT NULL REFERENCES contract,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('customer', 'service_identity')),
    contact jsonb NOT NULL,
    created timestamptz NOT NULL,
    updated timestamptz,
    PRIMARY KEY (contract_id, id)
);

CREATE INDEX debtor_by_creation ON debtor (contract_id, kind, created, id)
    WHERE created < 'infinity';

CREATE TABLE client (
    id uuid PRIMARY KEY,
    contract_id uuid NOT NULL REFERENCES contract,
    name text NOT NULL,
    secret_hash bytea NOT NULL,
    scopes text NOT NULL,
    identity_id uuid,
    created timestamptz NOT NULL,
    revoked timestamptz,
    FOREIGN KEY (contract_id, identity_id) REFERENCES debtor
);

CREATE TABLE access_token (
    token_hash bytea PRIMARY KEY,
    contract_id uuid NOT NULL,
    client_id uuid NOT NULL REFERENCES client,
    scopes text NOT NULL,
    issued timestamptz NOT NULL,
    expires timestamptz NOT NULL
);

CREATE INDEX access_token_by_expiry ON access_token (expires) WHERE expires < 'infinity';

-- No reference to contract and debtor is declared: the statement that adds an account locks the
-- debtor's row itself (FOR SHARE), which a declared reference would do once more for each row.
CREATE TABLE bank_account (
    contract_id uuid NOT NULL,
    id uuid NOT NULL,
    debtor_id uuid,
    fingerprint bytea,
    iban_sealed bytea,
    iban_country text,
    iban_last_four text,
    bic text,
    bank_name text,
    owner text,
    holder jsonb,
    created timestamptz NOT NULL,
    updated timestamptz,
    deleted timestamptz,
    PRIMARY KEY (contract_id, id)
);

-- One debtor holds an IBAN once; an account without debtor may repeat.
CREATE UNIQUE INDEX bank_account_once ON bank_account (contract_id, debtor_id, fingerprint)
    WHERE deleted IS NULL AND debtor_id IS NOT NULL;

CREATE INDEX bank_account_by_creation ON bank_account (contract_id, created, id)
    WHERE deleted IS NULL AND created < 'infinity';

-- Who did what. Each writer counts its own entries, so that no two wait for each other.
CREATE TABLE audit_entry (
    contract_id uuid NOT NULL,
    writer uuid NOT NULL,
    sequence bigint NOT NULL,
    at timestamptz NOT NULL,
    client_id uuid,
    action text NOT NULL,
    subject_id uuid NOT NULL,
    PRIMARY KEY (contract_id, writer, sequence)
);
