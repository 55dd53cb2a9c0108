-- Debtors get another kind, and can be hidden.

ALTER TABLE debtor DROP CONSTRAINT debtor_kind_check;
ALTER TABLE debtor ADD CONSTRAINT debtor_kind_check
    CHECK (kind IN ('customer', 'service_identity', 'user'));
ALTER TABLE debtor ADD COLUMN deleted timestamptz;

DROP INDEX debtor_by_creation;
CREATE INDEX debtor_by_creation ON debtor (contract_id, kind, created, id)
    WHERE deleted IS NULL AND created < 'infinity';

ALTER TABLE client ADD COLUMN manages integer NOT NULL DEFAULT 0 CHECK (manages IN (0, 1));

ALTER TABLE bank_account ADD COLUMN alias text;
ALTER TABLE bank_account ADD COLUMN expiry timestamptz;
ALTER TABLE bank_account ADD COLUMN authorisation jsonb;
ALTER TABLE bank_account ADD COLUMN archived timestamptz;
ALTER TABLE bank_account ADD COLUMN managed_by uuid;

-- Users of outside identity providers, and whose accounts are theirs.
ALTER TABLE contract ADD COLUMN identity_linking text NOT NULL DEFAULT 'first_use'
    CHECK (identity_linking IN ('first_use', 'by_command'));

CREATE TABLE identity (
    contract_id uuid NOT NULL,
    issuer text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    debtor_id uuid NOT NULL,
    linked timestamptz NOT NULL,
    PRIMARY KEY (contract_id, issuer, subject),
    FOREIGN KEY (contract_id, debtor_id) REFERENCES debtor
);

CREATE INDEX identity_by_debtor ON identity (contract_id, debtor_id) WHERE linked < 'infinity';
