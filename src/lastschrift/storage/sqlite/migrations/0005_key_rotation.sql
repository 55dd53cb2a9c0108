-- A new version of a key opens at once, but seals only when every server knows it.
ALTER TABLE contract_key ADD COLUMN active_from INTEGER NOT NULL DEFAULT 0;
