-- What idempotency keys were used for: hashes under a key of the contract's, and a sealed id.
CREATE TABLE idempotency_key (
    contract_id uuid NOT NULL,
    operation text COLLATE "C" NOT NULL,
    key_hash bytea NOT NULL,
    command_hash bytea NOT NULL,
    result_sealed bytea NOT NULL,
    created timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    PRIMARY KEY (contract_id, operation, key_hash)
);

-- For dropping only: 0001 has why it has this condition.
CREATE INDEX idempotency_key_by_expiry ON idempotency_key (contract_id, expires)
    WHERE expires < 'infinity';
