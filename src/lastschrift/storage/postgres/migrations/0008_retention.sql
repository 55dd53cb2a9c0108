-- Erasure, and periods for which something is kept. Erased rows keep their ids and instants only;
-- a restricted account is hidden, and erased when its period is over.
ALTER TABLE debtor ADD COLUMN erased timestamptz;
ALTER TABLE bank_account ADD COLUMN restricted_until timestamptz;
ALTER TABLE bank_account ADD COLUMN erased timestamptz;

-- What has to be erased some day: hidden rows, by when they were hidden or when a period ends.
CREATE INDEX debtor_by_retention ON debtor (contract_id, deleted)
    WHERE deleted < 'infinity' AND erased IS NULL;
CREATE INDEX bank_account_by_retention ON bank_account (contract_id, deleted)
    WHERE deleted < 'infinity' AND archived IS NULL AND restricted_until IS NULL
        AND erased IS NULL;
CREATE INDEX bank_account_by_restriction ON bank_account (contract_id, restricted_until)
    WHERE restricted_until < 'infinity' AND erased IS NULL;
CREATE INDEX bank_account_by_hidden_debtor ON bank_account (contract_id, debtor_id)
    WHERE deleted < 'infinity' AND erased IS NULL;

-- How many erasures there were, and how many of them are gone from the files, too.
ALTER TABLE installation ADD COLUMN erasures integer NOT NULL DEFAULT 0;
ALTER TABLE installation ADD COLUMN purged integer NOT NULL DEFAULT 0;
-- Changed where nothing but a commit is wanted.
ALTER TABLE installation ADD COLUMN touched integer NOT NULL DEFAULT 0;

-- Whose payer a client speaks for, as long as it may speak.
CREATE INDEX client_by_identity ON client (contract_id, identity_id)
    WHERE revoked IS NULL AND created < 'infinity';
