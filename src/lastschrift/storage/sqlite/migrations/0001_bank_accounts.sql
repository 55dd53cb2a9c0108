-- Instants are microseconds since 1970 UTC; ids are the 16 bytes of a UUID; JSON is text.

CREATE TABLE installation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    kind TEXT NOT NULL CHECK (kind IN ('sandbox', 'production'))
) STRICT;

CREATE TABLE contract (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE contract_key (
    contract_id BLOB NOT NULL REFERENCES contract,
    purpose TEXT NOT NULL CHECK (purpose IN ('data', 'fingerprint')),
    version INTEGER NOT NULL,
    master_version INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (contract_id, purpose, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE debtor (
    contract_id BLOB NOT NULL REFERENCES contract,
    id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('customer', 'service_identity')),
    contact TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER,
    PRIMARY KEY (contract_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX debtor_by_creation ON debtor (contract_id, kind, created, id);

CREATE TABLE client (
    id BLOB NOT NULL PRIMARY KEY,
    contract_id BLOB NOT NULL REFERENCES contract,
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    scopes TEXT NOT NULL,
    identity_id BLOB,
    created INTEGER NOT NULL,
    revoked INTEGER,
    FOREIGN KEY (contract_id, identity_id) REFERENCES debtor
) STRICT, WITHOUT ROWID;

CREATE TABLE access_token (
    token_hash BLOB NOT NULL PRIMARY KEY,
    contract_id BLOB NOT NULL,
    client_id BLOB NOT NULL REFERENCES client,
    scopes TEXT NOT NULL,
    issued INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX access_token_by_expiry ON access_token (expires);

CREATE TABLE bank_account (
    contract_id BLOB NOT NULL REFERENCES contract,
    id BLOB NOT NULL,
    debtor_id BLOB,
    fingerprint BLOB,
    iban_sealed BLOB,
    iban_country TEXT,
    iban_last_four TEXT,
    bic TEXT,
    bank_name TEXT,
    owner TEXT,
    holder TEXT,
    created INTEGER NOT NULL,
    updated INTEGER,
    deleted INTEGER,
    PRIMARY KEY (contract_id, id),
    FOREIGN KEY (contract_id, debtor_id) REFERENCES debtor
) STRICT, WITHOUT ROWID;

-- One debtor holds an IBAN once; an account without debtor may repeat (NULLs are distinct).
CREATE UNIQUE INDEX bank_account_once ON bank_account (contract_id, debtor_id, fingerprint)
    WHERE deleted IS NULL;

CREATE INDEX bank_account_by_creation ON bank_account (contract_id, created, id)
    WHERE deleted IS NULL;

-- Who did what. Each writer counts its own entries, so that no two wait for each other.
CREATE TABLE audit_entry (
    contract_id BLOB NOT NULL,
    writer BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    client_id BLOB,
    action TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    PRIMARY KEY (contract_id, writer, sequence)
) STRICT, WITHOUT ROWID;
