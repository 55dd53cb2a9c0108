"""All tables with what an installation keeps: columns, keys, in the order of their references.

For whatever goes through a whole database, whichever engine keeps it (`storage.copying`). A test
holds the list against the schemas of all engines. Left out are the marks that say whose database it
is, and of which schema: ``installation`` and ``schema_version``; and what only tells one engine
where to look (`ENGINES_OWN`).

>>> [table.name for table in TABLES][:2]
['contract', 'contract_key']
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from lastschrift.storage.codec import Row


class Kind(Enum):
    """What a column holds; how it does, is up to the engine."""

    ID = "a UUID"
    INSTANT = "an instant, to the microsecond, in UTC"
    JSON = "what JSON can hold"
    BYTES = "bytes"
    TEXT = "text"
    INTEGER = "a whole number of 64 bits"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns in their order, and those among them that are its key."""

    name: str
    columns: Mapping[str, Kind]
    key: tuple[str, ...]

    def key_of(self, row: Row) -> Row:
        """Return the values of the key's columns."""
        by_column = dict(zip(self.columns, row, strict=True))
        return tuple(by_column[column] for column in self.key)

    def only(self, *columns: str) -> "Table":
        """Return the table as if it had no more than these columns, its key among them."""
        return Table(self.name, {column: self.columns[column] for column in columns}, self.key)


@dataclass(frozen=True, slots=True)
class Reference:
    """Columns of a table that name a row of another one, unless one of them is NULL."""

    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


TABLES = (
    Table(
        "contract",
        {
            "id": Kind.ID,
            "name": Kind.TEXT,
            "created": Kind.INSTANT,
            "identity_linking": Kind.TEXT,
        },
        key=("id",),
    ),
    Table(
        "contract_key",
        {
            "contract_id": Kind.ID,
            "purpose": Kind.TEXT,
            "version": Kind.INTEGER,
            "master_version": Kind.INTEGER,
            "wrapped": Kind.BYTES,
            "active_from": Kind.INSTANT,
            "complete_from": Kind.INSTANT,
        },
        key=("contract_id", "purpose", "version"),
    ),
    Table(
        "debtor",
        {
            "contract_id": Kind.ID,
            "id": Kind.ID,
            "kind": Kind.TEXT,
            "contact": Kind.JSON,
            "created": Kind.INSTANT,
            "updated": Kind.INSTANT,
            "deleted": Kind.INSTANT,
            "folded_given_name": Kind.TEXT,
            "folded_family_name": Kind.TEXT,
            "folded_company": Kind.TEXT,
            "folded_email": Kind.TEXT,
            "folded_contact": Kind.JSON,
            "erased": Kind.INSTANT,
        },
        key=("contract_id", "id"),
    ),
    Table(
        "client",
        {
            "id": Kind.ID,
            "contract_id": Kind.ID,
            "name": Kind.TEXT,
            "secret_hash": Kind.BYTES,
            "scopes": Kind.TEXT,
            "identity_id": Kind.ID,
            "created": Kind.INSTANT,
            "revoked": Kind.INSTANT,
            "manages": Kind.INTEGER,
        },
        key=("id",),
    ),
    Table(
        "identity",
        {
            "contract_id": Kind.ID,
            "issuer": Kind.TEXT,
            "subject": Kind.TEXT,
            "debtor_id": Kind.ID,
            "linked": Kind.INSTANT,
        },
        key=("contract_id", "issuer", "subject"),
    ),
    Table(
        "access_token",
        {
            "token_hash": Kind.BYTES,
            "contract_id": Kind.ID,
            "client_id": Kind.ID,
            "scopes": Kind.TEXT,
            "issued": Kind.INSTANT,
            "expires": Kind.INSTANT,
        },
        key=("token_hash",),
    ),
    Table(
        "bank_account",
        {
            "contract_id": Kind.ID,
            "id": Kind.ID,
            "debtor_id": Kind.ID,
            "fingerprint": Kind.BYTES,
            "iban_sealed": Kind.BYTES,
            "iban_country": Kind.TEXT,
            "iban_last_four": Kind.TEXT,
            "bic": Kind.TEXT,
            "bank_name": Kind.TEXT,
            "owner": Kind.TEXT,
            "holder": Kind.JSON,
            "created": Kind.INSTANT,
            "updated": Kind.INSTANT,
            "deleted": Kind.INSTANT,
            "alias": Kind.TEXT,
            "expiry": Kind.INSTANT,
            "authorisation": Kind.JSON,
            "archived": Kind.INSTANT,
            "managed_by": Kind.ID,
            "folded_owner": Kind.TEXT,
            "fingerprint_even": Kind.BYTES,
            "restricted_until": Kind.INSTANT,
            "erased": Kind.INSTANT,
        },
        key=("contract_id", "id"),
    ),
    Table(
        "audit_entry",
        {
            "contract_id": Kind.ID,
            "writer": Kind.ID,
            "sequence": Kind.INTEGER,
            "at": Kind.INSTANT,
            "client_id": Kind.ID,
            "action": Kind.TEXT,
            "subject_id": Kind.ID,
            "debtor_id": Kind.ID,
            "source": Kind.TEXT,
            "further_subjects": Kind.BYTES,
            "link": Kind.BYTES,
        },
        key=("contract_id", "writer", "sequence"),
    ),
    Table(
        "idempotency_key",
        {
            "contract_id": Kind.ID,
            "operation": Kind.TEXT,
            "key_hash": Kind.BYTES,
            "command_hash": Kind.BYTES,
            "result_sealed": Kind.BYTES,
            "created": Kind.INSTANT,
            "expires": Kind.INSTANT,
        },
        key=("contract_id", "operation", "key_hash"),
    ),
    Table(
        "scroll",
        {
            "contract_id": Kind.ID,
            "id": Kind.ID,
            "listed": Kind.TEXT,
            "condition": Kind.JSON,
            "is_descending": Kind.INTEGER,
            "count": Kind.INTEGER,
            "batch": Kind.INTEGER,
            "taken_by": Kind.ID,
            "shown": Kind.TEXT,
            "last_created": Kind.INSTANT,
            "last_id": Kind.ID,
            "read_created": Kind.INSTANT,
            "read_id": Kind.ID,
            "lifetime_s": Kind.INTEGER,
            "expires": Kind.INSTANT,
        },
        key=("contract_id", "id"),
    ),
)
"""A table stands behind all that it refers to, so that rows can be added in this order."""

ENGINES_OWN = frozenset({("bank_account", "fingerprint_run")})
"""Columns of one engine alone, which it fills by itself."""

_OF_CONTRACT = (
    "contract_key",
    "debtor",
    "client",
    "bank_account",
    "audit_entry",
    "idempotency_key",
    "scroll",
)

_WITHIN_CONTRACT = (
    ("client", "identity_id", "debtor"),
    ("identity", "debtor_id", "debtor"),
    ("access_token", "client_id", "client"),
    ("bank_account", "debtor_id", "debtor"),
    ("bank_account", "managed_by", "client"),
)

REFERENCES = (
    *(Reference(table, ("contract_id",), "contract", ("id",)) for table in _OF_CONTRACT),
    *(
        Reference(table, ("contract_id", column), target, ("contract_id", "id"))
        for table, column, target in _WITHIN_CONTRACT
    ),
)
"""What names what; engines know of most of them, and keep those."""
