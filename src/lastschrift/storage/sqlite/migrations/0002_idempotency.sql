-- What idempotency keys were used for: hashes under a key of the contract's, and a sealed id.
CREATE TABLE idempotency_key (
    contract_id BLOB NOT NULL,
    operation TEXT NOT NULL,
    key_hash BLOB NOT NULL,
    command_hash BLOB NOT NULL,
    result_sealed BLOB NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (contract_id, operation, key_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_key_by_expiry ON idempotency_key (contract_id, expires);
