-- A registration changes as few pages as it can: what is anywhere in an index costs a page each, and
-- with that a tenth of all registrations that can be made. So an account is anywhere in one index
-- only: the one that keeps an IBAN once for a debtor, and which begins with the debtor, whose
-- accounts are found by it. By IBANs alone accounts are found in runs (`storage.sqlite.runs`): those
-- that came together stand together. All that were there already are one run, sorted.
ALTER TABLE bank_account ADD COLUMN fingerprint_run INTEGER NOT NULL DEFAULT 0;

DROP INDEX bank_account_once;
DROP INDEX bank_account_once_even;
DROP INDEX bank_account_of_debtor;

-- Of the two only this one has all accounts of a debtor, by whichever key.
CREATE UNIQUE INDEX bank_account_once ON bank_account (contract_id, debtor_id, fingerprint)
    WHERE deleted IS NULL AND debtor_id IS NOT NULL;
CREATE UNIQUE INDEX bank_account_once_even ON bank_account (
    contract_id, debtor_id, fingerprint_even
) WHERE deleted IS NULL AND debtor_id IS NOT NULL AND fingerprint_even IS NOT NULL;

-- Eight bytes of a fingerprint leave few that are not meant, and an index half as large.
CREATE INDEX bank_account_by_fingerprint ON bank_account (
    contract_id, fingerprint_run, substr(fingerprint, 1, 8)
) WHERE deleted IS NULL AND fingerprint IS NOT NULL;
CREATE INDEX bank_account_by_fingerprint_even ON bank_account (
    contract_id, fingerprint_run, substr(fingerprint_even, 1, 8)
) WHERE deleted IS NULL AND fingerprint_even IS NOT NULL;

-- Customers have few accounts. Who registers accounts itself, each with its holder, may have any
-- number, and is shown them page by page.
CREATE INDEX bank_account_of_identity ON bank_account (
    contract_id, debtor_id, created, id, deleted
) WHERE deleted IS NULL AND holder IS NOT NULL;
