-- The audit trail is chained: the last entry of what is committed together carries a link. It says
-- from where, for which payer, and of which further objects. What is there already is linked behind
-- this script (`chain_entries`).
ALTER TABLE audit_entry ADD COLUMN debtor_id BLOB;
ALTER TABLE audit_entry ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_entry ADD COLUMN further_subjects BLOB NOT NULL DEFAULT x'';
ALTER TABLE audit_entry ADD COLUMN link BLOB;

-- Against mistakes; against who means it, there are the links.
CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is only added to');
END;

-- A link may be set once, and nothing else with it, so that this migration can.
CREATE TRIGGER audit_entry_stays_as_it_is BEFORE UPDATE ON audit_entry
WHEN OLD.link IS NOT NULL
    OR (OLD.contract_id, OLD.writer, OLD.sequence, OLD.at, OLD.client_id, OLD.action, OLD.subject_id,
        OLD.debtor_id, OLD.source, OLD.further_subjects)
    IS NOT (NEW.contract_id, NEW.writer, NEW.sequence, NEW.at, NEW.client_id, NEW.action,
        NEW.subject_id, NEW.debtor_id, NEW.source, NEW.further_subjects)
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is only added to');
END;
