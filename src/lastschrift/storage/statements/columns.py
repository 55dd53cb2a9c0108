"""The columns of debtors and bank accounts, in the order in which `storage.rows` reads them."""

DEBTOR_COLUMNS = "d.contract_id, d.id, d.kind, d.contact, d.created, d.updated"

BANK_ACCOUNT_COLUMNS = (
    "a.contract_id, a.id, a.debtor_id, d.kind, a.iban_country, a.iban_last_four, a.bic, "
    "a.bank_name, a.owner, a.holder, a.created, a.updated, a.iban_sealed, a.alias, a.expiry, "
    "a.authorisation, a.archived, a.managed_by"
)
