"""What can be listed: a table each, its texts, and what stands for which field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lastschrift.operations.ports import Field
from lastschrift.storage.statements import lists


@dataclass(frozen=True, slots=True)
class Index:
    """An index by SQLite's name, and what PostgreSQL's has for a condition, true of every row."""

    name: str
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A table that is listed: the texts for it, and what stands for which field.

    ``listed`` is what holds for all rows of the list. Of the indexes, those in ``by_text`` have a
    column for the text of a field, those in ``by_fingerprint`` the column; without any, an object
    is found by its key.
    """

    page: str
    count: str
    contract: str
    listed: str
    columns: Mapping[Field, str]
    by_creation: Index
    by_text: Mapping[Field, Index]
    by_fingerprint: Mapping[str, Index] = field(default_factory=dict)
    by_customer: Index | None = None


def _in_contact(*path: str) -> str:
    """Return what reads a text of ``folded_contact``; an empty one if it is not there."""
    *objects, last = (f"'{name}'" for name in path)
    steps = "".join(f"->{name}" for name in objects)
    return f"COALESCE(d.folded_contact{steps}->>{last}, '') COLLATE \"C\""


_OWN_COLUMNS = (Field.GIVEN_NAME, Field.FAMILY_NAME, Field.COMPANY, Field.EMAIL)
_IN_CONTACT = (
    Field.SALUTATION,
    Field.TITLE,
    Field.GENDER,
    Field.BIRTH_DATE,
    Field.BIRTH_PLACE,
    Field.NATIONALITY,
    Field.PHONE,
    Field.MOBILE,
    Field.FAX,
    Field.WEBSITE,
    Field.PICTURE,
    Field.STREET,
    Field.BUILDING_NUMBER,
    Field.POST_CODE,
    Field.TOWN,
    Field.COUNTRY,
    Field.ADDITIONAL,
    Field.ADDRESS_KIND,
)

CUSTOMERS: Final = Listed(
    page=lists.CUSTOMER_PAGE,
    count=lists.CUSTOMER_COUNT,
    contract="d.contract_id",
    listed="d.kind = 'customer' AND d.deleted IS NULL",
    columns={
        Field.ID: "d.id",
        Field.CREATED: "d.created",
        Field.UPDATED: "d.updated",
        Field.NAME: _in_contact("full_name"),
        **{field: f"d.folded_{field.value}" for field in _OWN_COLUMNS},
        **{field: _in_contact(*field.value.split(".")) for field in _IN_CONTACT},
    },
    by_creation=Index("debtor_by_creation", "d.created < 'infinity'"),
    by_text={
        field: Index(f"debtor_by_{field.value}", f"d.folded_{field.value} >= ''")
        for field in _OWN_COLUMNS
    },
)

BANK_ACCOUNTS: Final = Listed(
    page=lists.BANK_ACCOUNT_PAGE,
    count=lists.BANK_ACCOUNT_COUNT,
    contract="a.contract_id",
    listed="a.deleted IS NULL",
    columns={
        Field.ID: "a.id",
        Field.CREATED: "a.created",
        Field.UPDATED: "a.updated",
        Field.OWNER: "a.folded_owner",
        Field.BIC: "lower(COALESCE(a.bic, '') COLLATE \"C\")",
    },
    by_creation=Index("bank_account_by_creation", "a.created < 'infinity'"),
    by_text={},
    by_fingerprint={
        "fingerprint": Index("bank_account_by_fingerprint", "a.fingerprint IS NOT NULL"),
        "fingerprint_even": Index(
            "bank_account_by_fingerprint_even", "a.fingerprint_even IS NOT NULL"
        ),
    },
    by_customer=Index("bank_account_once", "a.debtor_id IS NOT NULL"),
)


def fingerprint_column(version: int) -> str:
    """Return where the fingerprints under a version of the key stand."""
    return "fingerprint" if version % 2 else "fingerprint_even"
