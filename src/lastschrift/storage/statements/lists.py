"""Lists that are searched and sorted: texts with gaps, which `storage.selecting` fills.

A page is found first, by ids and from an index alone where that is possible; only then are its
rows read. The gaps take column names, operators and ``$n::type``; what a client sent is an
argument, always.
"""

from lastschrift.storage.statements.columns import BANK_ACCOUNT_COLUMNS, DEBTOR_COLUMNS

CUSTOMER_PAGE = f"""
SELECT {DEBTOR_COLUMNS}
FROM (
    SELECT d.contract_id, d.id FROM debtor d{{index}} WHERE {{where}}
    ORDER BY {{order}} LIMIT {{count}} OFFSET {{offset}}
) page
JOIN debtor d ON d.contract_id = page.contract_id AND d.id = page.id
ORDER BY {{order}}
"""

CUSTOMER_COUNT = """
SELECT count(*) FROM (SELECT 1 FROM debtor d{index} WHERE {where} LIMIT {count}) found
"""

BANK_ACCOUNT_PAGE = f"""
SELECT {BANK_ACCOUNT_COLUMNS}
FROM (
    SELECT a.contract_id, a.id FROM bank_account a{{index}} WHERE {{where}}
    ORDER BY {{order}} LIMIT {{count}} OFFSET {{offset}}
) page
JOIN bank_account a ON a.contract_id = page.contract_id AND a.id = page.id
LEFT JOIN debtor d ON d.contract_id = a.contract_id AND d.id = a.debtor_id
ORDER BY {{order}}
"""

BANK_ACCOUNT_COUNT = """
SELECT count(*) FROM (SELECT 1 FROM bank_account a{index} WHERE {where} LIMIT {count}) found
"""

OF_CUSTOMER = """a.debtor_id = {debtor} AND EXISTS (
    SELECT 1 FROM debtor d
    WHERE d.contract_id = a.contract_id AND d.id = a.debtor_id AND d.kind = 'customer'
)"""
