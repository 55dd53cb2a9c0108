"""From conditions and an order to SQL: one text for all engines, an argument for each value."""

from lastschrift.storage.selecting.listed import BANK_ACCOUNTS, CUSTOMERS, Listed
from lastschrift.storage.selecting.pages import (
    SEARCH_S_MAX,
    Statement,
    count_of,
    page_of,
    stretch_of,
)

__all__ = [
    "BANK_ACCOUNTS",
    "CUSTOMERS",
    "SEARCH_S_MAX",
    "Listed",
    "Statement",
    "count_of",
    "page_of",
    "stretch_of",
]
