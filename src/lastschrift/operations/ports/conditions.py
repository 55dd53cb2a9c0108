"""What must hold of an object that is searched for: a tree of conditions, whoever asks.

Texts are compared folded (`lastschrift.domain.text.fold_text`), and what an object does not have
counts as an empty text. What is not there is never before or after an instant.
"""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.iban import Iban


class Field(Enum):
    """What of a debtor, or of a bank account, can be searched by."""

    ID = "id"
    CREATED = "created"
    UPDATED = "updated"

    NAME = "name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    COMPANY = "company"
    SALUTATION = "salutation"
    TITLE = "title"
    GENDER = "gender"
    BIRTH_DATE = "birth_date"
    BIRTH_PLACE = "birth_place"
    NATIONALITY = "nationality"
    EMAIL = "email"
    PHONE = "phone"
    MOBILE = "mobile"
    FAX = "fax"
    WEBSITE = "website"
    PICTURE = "picture"

    STREET = "address.street"
    BUILDING_NUMBER = "address.building_number"
    POST_CODE = "address.post_code"
    TOWN = "address.town"
    COUNTRY = "address.country"
    ADDITIONAL = "address.additional"
    ADDRESS_KIND = "address.kind"

    CUSTOMER = "customer"
    OWNER = "owner"
    BIC = "bic"


class Wildcard(Struct, frozen=True):
    """What stands for other characters in a pattern: one, or any number of them."""

    sign: str


ANY_CHARACTERS: Final = Wildcard("*")
ONE_CHARACTER: Final = Wildcard("?")


class Everything(Struct, frozen=True, tag=True):
    """Always holds."""


class Nothing(Struct, frozen=True, tag=True):
    """Never holds."""


class HasId(Struct, frozen=True, tag=True):
    """The id in a field is this one."""

    field: Field
    id: UUID


class HasIban(Struct, frozen=True, tag=True):
    """A bank account has this IBAN; the store looks for its fingerprint (`HasFingerprint`)."""

    iban: Iban


class HasFingerprint(Struct, frozen=True, tag=True):
    """A bank account's IBAN has this fingerprint, under this version of the key."""

    fingerprint: bytes
    version: int = 1


class HasText(Struct, frozen=True, tag=True):
    """A text is this one, which is folded."""

    field: Field
    text: str


class Matches(Struct, frozen=True, tag=True):
    """A text is like this from its first to its last character; the texts in it are folded."""

    field: Field
    pattern: tuple[Wildcard | str, ...]


class TextBetween(Struct, frozen=True, tag=True):
    """There is a text, and it is not before ``first`` or behind ``last``, by code points."""

    field: Field
    first: str | None
    last: str | None


class InstantBetween(Struct, frozen=True, tag=True):
    """There is an instant, and it is not before ``since``, but is before ``until``."""

    field: Field
    since: datetime | None
    until: datetime | None


class AllOf(Struct, frozen=True, tag=True):
    """All of these hold."""

    conditions: tuple["Condition", ...]


class AnyOf(Struct, frozen=True, tag=True):
    """One of these holds, or more of them."""

    conditions: tuple["Condition", ...]


class Not(Struct, frozen=True, tag=True):
    """This does not hold."""

    condition: "Condition"


Condition = (
    Everything
    | Nothing
    | HasId
    | HasIban
    | HasFingerprint
    | HasText
    | Matches
    | TextBetween
    | InstantBetween
    | AllOf
    | AnyOf
    | Not
)


def with_fingerprints(
    condition: Condition, fingerprint: Callable[[Iban], tuple[int, bytes]]
) -> Condition:
    """Return the condition with the fingerprint of each IBAN in its place.

    ``fingerprint`` returns the version of the key, and what comes of it.
    """
    match condition:
        case HasIban(iban):
            version, octets = fingerprint(iban)
            return HasFingerprint(octets, version)
        case AllOf(conditions):
            return AllOf(tuple(with_fingerprints(part, fingerprint) for part in conditions))
        case AnyOf(conditions):
            return AnyOf(tuple(with_fingerprints(part, fingerprint) for part in conditions))
        case Not(negated):
            return Not(with_fingerprints(negated, fingerprint))
        case _:
            return condition


def fingerprint_versions(condition: Condition) -> set[int]:
    """Return the versions of the fingerprint key that a condition goes by."""
    match condition:
        case HasFingerprint(_, version):
            return {version}
        case AllOf(parts) | AnyOf(parts):
            return {version for part in parts for version in fingerprint_versions(part)}
        case Not(negated):
            return fingerprint_versions(negated)
        case _:
            return set()
