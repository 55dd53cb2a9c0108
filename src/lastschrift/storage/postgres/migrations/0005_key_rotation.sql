-- A new version of a key opens at once, but seals only when every server knows it.
ALTER TABLE contract_key
    ADD COLUMN active_from timestamptz NOT NULL DEFAULT timestamptz '1970-01-01 00:00:00+00';
