"""Users of outside identity providers: whom a token of theirs speaks for.

A user is known by who vouches for it and by what it is called there (OpenID Connect Core 1.0 §2:
``iss`` and ``sub`` together never change hands). Which debtor a user is, a link says.

>>> is_subject("f:12:jon.smith"), is_subject("")
(True, False)
"""

from datetime import datetime

from msgspec import Struct

from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.identity import ContractId

SUBJECT_CHARACTERS_MAX = 255
"""OpenID Connect Core 1.0 §2, on ``sub``."""

ISSUER_CHARACTERS_MAX = 1024
"""No standard has a limit; an address that is longer is a mistake (`assumed`)."""


class OutsideUser(Struct, frozen=True):
    """A user, as the provider's tokens name it: ``iss`` and ``sub``, letter for letter."""

    issuer: str
    subject: str


class LinkedUser(Struct, frozen=True, kw_only=True):
    """A user, and the debtor of one contract that it is."""

    contract_id: ContractId
    user: OutsideUser
    debtor: DebtorRef
    linked: datetime


def is_subject(text: str) -> bool:
    """Whether a text can be what a provider calls a user: visible, and not too long."""
    return 0 < len(text) <= SUBJECT_CHARACTERS_MAX and text.isprintable()


def is_issuer(text: str) -> bool:
    """Whether a text can be what a provider calls itself: visible, and not too long."""
    return 0 < len(text) <= ISSUER_CHARACTERS_MAX and text.isprintable()
