"""Texts as they are searched by: folded when they are written, so that every engine compares alike.

No engine folds letters as another does, and none as Unicode says. So it is done here, once for each
time that something changes, and an index holds what came of it.

>>> folded_columns(Party(family_name="Groß", phone="0351")).family_name
'gross'
"""

from typing import NamedTuple

from msgspec import structs

from lastschrift.domain.party import Address, Party
from lastschrift.domain.text import fold_text


class FoldedColumns(NamedTuple):
    """A debtor's columns that are searched: four that lists go by, and all other texts.

    In ``contact`` the full name is the one that is shown: given and family name, or what was sent.
    """

    given_name: str
    family_name: str
    company: str
    email: str
    contact: Party


def folded_columns(contact: Party) -> FoldedColumns:
    """Return what is kept of contact data to be searched by."""
    shown_name = contact.personal_name or contact.full_name
    folded = structs.replace(
        contact,
        **{name: _folded(getattr(contact, name)) for name in _TEXTS},
        full_name=_folded(shown_name),
        address=None if contact.address is None else _folded_address(contact.address),
        **dict.fromkeys(_OF_THEIR_OWN),
    )
    return FoldedColumns(
        given_name=folded_column(contact.given_name),
        family_name=folded_column(contact.family_name),
        company=folded_column(contact.company),
        email=folded_column(contact.email),
        contact=folded,
    )


def folded_column(text: str | None) -> str:
    """Return a text for a column of its own; empty if there is none."""
    return fold_text(text or "")


def _folded(text: str | None) -> str | None:
    return None if text is None else fold_text(text)


def _folded_address(address: Address) -> Address:
    parts = {name: _folded(getattr(address, name)) for name in Address.__struct_fields__}
    return Address(**parts)


_OF_THEIR_OWN = ("given_name", "family_name", "company", "email")
_NO_TEXT = ("birth_date", "full_name", "address")
_TEXTS = tuple(name for name in Party.__struct_fields__ if name not in (*_OF_THEIR_OWN, *_NO_TEXT))
