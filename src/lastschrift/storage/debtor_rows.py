"""A debtor as a row, which statements take on any engine."""

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.party import Party
from lastschrift.storage.codec import Codec, Row
from lastschrift.storage.folding import folded_columns

TYPE_BY_COLUMN = {
    "contract_id": "uuid",
    "id": "uuid",
    "kind": "text",
    "contact": "jsonb",
    "created": "timestamptz",
    "folded_given_name": "text",
    "folded_family_name": "text",
    "folded_company": "text",
    "folded_email": "text",
    "folded_contact": "jsonb",
}
"""The columns of a row, and their types as PostgreSQL names them."""


def debtor_row(codec: Codec, debtor: Debtor) -> Row:
    """Return a new debtor as `TYPE_BY_COLUMN` has it."""
    return (
        codec.put_id(debtor.contract_id),
        codec.put_id(debtor.id),
        debtor.kind,
        codec.put_json(debtor.contact),
        codec.put_instant(debtor.created),
        *folded_row(codec, debtor.contact),
    )


def folded_row(codec: Codec, contact: Party) -> Row:
    """Return what is kept of contact data to be searched by."""
    *texts, others = folded_columns(contact)
    return (*texts, codec.put_json(others))
