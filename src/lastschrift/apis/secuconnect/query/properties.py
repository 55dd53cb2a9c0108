"""From a query's tree to what must hold of an object: a table of properties for each kind of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from lastschrift.apis.secuconnect.dates import parse_birth_date, parse_span
from lastschrift.apis.secuconnect.ids import parse_container_id, parse_customer_id
from lastschrift.apis.secuconnect.models import BANK_ACCOUNT, CONTAINERS, CUSTOMERS
from lastschrift.apis.secuconnect.query.mistakes import Mistake, QueryMistake
from lastschrift.apis.secuconnect.query.syntax import (
    And,
    Negation,
    Node,
    Or,
    Pattern,
    Range,
    Term,
    Value,
)
from lastschrift.domain.refusals import ValueRefused
from lastschrift.domain.sepa import parse_sepa_iban
from lastschrift.domain.text import fold_text
from lastschrift.operations.ports import (
    ANY_CHARACTERS,
    AllOf,
    AnyOf,
    Condition,
    Everything,
    Field,
    HasIban,
    HasId,
    HasText,
    InstantBetween,
    Matches,
    Not,
    Nothing,
    TextBetween,
    Wildcard,
)

T = TypeVar("T")

_IS_THERE: Pattern = (ANY_CHARACTERS,)
"""``property:*``."""


class Property(Protocol):
    """What can be said of a property; ``field`` is None where nothing can be sorted by it."""

    @property
    def field(self) -> Field | None:
        """What it is in the store."""
        ...

    def term(self, value: Value) -> Condition:
        """Return what ``property:value`` asks. Raises: QueryMistake."""
        ...

    def between(self, first: Value | None, last: Value | None) -> Condition:
        """Return what ``property:[first TO last]`` asks. Raises: QueryMistake."""
        ...


Properties = Mapping[str, Property]
"""What a kind of object has, by names in small letters."""


def condition_of(node: Node, properties: Properties) -> Condition:
    """Return what a query asks.

    Raises: QueryMistake.
    """
    match node:
        case And(parts):
            return AllOf(tuple(condition_of(part, properties) for part in parts))
        case Or(parts):
            return AnyOf(tuple(condition_of(part, properties) for part in parts))
        case Negation(part):
            return Not(condition_of(part, properties))
        case Term(name, value):
            return _found(node, name, properties).term(value)
        case Range(name, first, last):
            return _between(node, _found(node, name, properties), first, last)


def _found(node: Term | Range, name: str, properties: Properties) -> Property:
    found = properties.get(name.lower())
    if found is None:
        raise QueryMistake(node.column, Mistake.PROPERTY_UNKNOWN)
    return found


def _between(node: Range, found: Property, first: Value | None, last: Value | None) -> Condition:
    if first is None and last is None:
        return found.term(Value(_IS_THERE, node.column))
    return found.between(first, last)


# --- kinds of properties --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextProperty:
    """A text, in any letter case; ``*`` alone asks whether there is one."""

    field: Field

    def term(self, value: Value) -> Condition:
        """Compare the whole text."""
        if value.pattern == _IS_THERE:
            return Not(HasText(self.field, ""))
        text = value.text
        if text is not None:
            return HasText(self.field, fold_text(text))
        return Matches(self.field, tuple(map(_folded, value.pattern)))

    def between(self, first: Value | None, last: Value | None) -> Condition:
        """Compare by code points."""
        texts = [None if value is None else fold_text(_whole(value)) for value in (first, last)]
        return TextBetween(self.field, *texts)


def _folded(piece: str | Wildcard) -> str | Wildcard:
    return fold_text(piece) if isinstance(piece, str) else piece


@dataclass(frozen=True, slots=True)
class InstantProperty:
    """An instant: a day of Berlin's, or a second."""

    field: Field

    def term(self, value: Value) -> Condition:
        """Ask for the whole day or second."""
        if value.pattern == _IS_THERE:
            return InstantBetween(self.field, None, None)
        return InstantBetween(self.field, *self._span(value))

    def between(self, first: Value | None, last: Value | None) -> Condition:
        """Ask for all from the beginning of the first to the end of the last."""
        since = None if first is None else self._span(first)[0]
        until = None if last is None else self._span(last)[1]
        return InstantBetween(self.field, since, until)

    def _span(self, value: Value) -> tuple[datetime, datetime]:
        return _read(value, parse_span, Mistake.NO_INSTANT)


@dataclass(frozen=True, slots=True)
class DateProperty:
    """A day, kept as ``1901-02-03``."""

    field: Field

    def term(self, value: Value) -> Condition:
        """Ask for the day, or for days by a pattern as ``1901-*``."""
        if value.text is None:
            return TextProperty(self.field).term(value)
        return HasText(self.field, self._day(value))

    def between(self, first: Value | None, last: Value | None) -> Condition:
        """Ask for the days from the first to the last."""
        days = [None if value is None else self._day(value) for value in (first, last)]
        return TextBetween(self.field, *days)

    def _day(self, value: Value) -> str:
        return _read(value, parse_birth_date, Mistake.NO_DATE).isoformat()


@dataclass(frozen=True, slots=True)
class IdProperty:
    """An id; what can't be one is nobody's. ``parse`` reads the wire's form of it."""

    searched: Field
    parse: Callable[[str], UUID | None]
    field: Field | None = None

    def term(self, value: Value) -> Condition:
        """Ask for the id."""
        if value.pattern == _IS_THERE and self.searched is Field.ID:
            return Everything()
        key = self.parse(_whole(value))
        return Nothing() if key is None else HasId(self.searched, key)

    def between(self, first: Value | None, last: Value | None) -> Condition:
        """Refuse: ids are in no order that means anything."""
        raise _no_range(first, last)


@dataclass(frozen=True, slots=True)
class IbanProperty:
    """An account number: found only if all of it is known."""

    field: Field | None = None

    def term(self, value: Value) -> Condition:
        """Ask for the account number, which may be written with blanks."""
        return HasIban(_read(value, parse_sepa_iban, Mistake.NO_IBAN))

    def between(self, first: Value | None, last: Value | None) -> Condition:
        """Refuse: a range would tell an account number bit by bit."""
        raise _no_range(first, last)


@dataclass(frozen=True, slots=True)
class ConstantProperty:
    """What is the same in all objects."""

    text: str
    field: Field | None = None

    def term(self, value: Value) -> Condition:
        """Hold for all objects or for none."""
        pattern = "".join(_regular(piece) for piece in value.pattern)
        is_it = re.fullmatch(pattern, self.text, re.IGNORECASE | re.DOTALL)
        return Everything() if is_it else Nothing()

    def between(self, first: Value | None, last: Value | None) -> Condition:
        """Refuse."""
        raise _no_range(first, last)


# --- reading values -------------------------------------------------------------------------------


def _whole(value: Value) -> str:
    """Return a value's text.

    Raises: QueryMistake: there is a wildcard in it.
    """
    text = value.text
    if text is None:
        raise QueryMistake(value.column, Mistake.NO_PATTERN)
    return text


def _read(value: Value, parse: Callable[[str], T], otherwise: Mistake) -> T:
    try:
        return parse(_whole(value))
    except ValueRefused as refused:
        if isinstance(refused, QueryMistake):
            raise
        raise QueryMistake(value.column, otherwise) from None


def _no_range(first: Value | None, last: Value | None) -> QueryMistake:
    limit = first or last
    return QueryMistake(limit.column if limit else 1, Mistake.NO_RANGE)


def _regular(piece: str | Wildcard) -> str:
    if isinstance(piece, str):
        return re.escape(piece)
    return ".*" if piece == ANY_CHARACTERS else "."


# --- what there is --------------------------------------------------------------------------------

_ADDRESS = {
    "type": Field.ADDRESS_KIND,
    "street": Field.STREET,
    "street_number": Field.BUILDING_NUMBER,
    "postal_code": Field.POST_CODE,
    "city": Field.TOWN,
    "country": Field.COUNTRY,
    "additional_address_data": Field.ADDITIONAL,
}
_CONTACT = {
    "forename": Field.GIVEN_NAME,
    "surname": Field.FAMILY_NAME,
    "companyname": Field.COMPANY,
    "name": Field.NAME,
    "salutation": Field.SALUTATION,
    "title": Field.TITLE,
    "email": Field.EMAIL,
    "mobile": Field.MOBILE,
    "phone": Field.PHONE,
    "gender": Field.GENDER,
    "fax": Field.FAX,
    "picture": Field.PICTURE,
    "url_website": Field.WEBSITE,
    "birthplace": Field.BIRTH_PLACE,
    "nationality": Field.NATIONALITY,
}
_INSTANTS: Properties = {
    "created": InstantProperty(Field.CREATED),
    "updated": InstantProperty(Field.UPDATED),
}

CUSTOMER_PROPERTIES: Properties = {
    "object": ConstantProperty(CUSTOMERS),
    "id": IdProperty(Field.ID, parse_customer_id, Field.ID),
    **_INSTANTS,
    **{f"contact.{name}": TextProperty(field) for name, field in _CONTACT.items()},
    "contact.dob": DateProperty(Field.BIRTH_DATE),
    **{f"contact.address.{name}": TextProperty(field) for name, field in _ADDRESS.items()},
}

_CUSTOMER_OF_CONTAINER = IdProperty(Field.CUSTOMER, parse_customer_id)
_DETAILS: Properties = {
    "iban": IbanProperty(),
    "owner": TextProperty(Field.OWNER),
    "bic": TextProperty(Field.BIC),
}

CONTAINER_PROPERTIES: Properties = {
    "object": ConstantProperty(CONTAINERS),
    "id": IdProperty(Field.ID, parse_container_id, Field.ID),
    "customer": _CUSTOMER_OF_CONTAINER,
    "customer.id": _CUSTOMER_OF_CONTAINER,
    "type": ConstantProperty(BANK_ACCOUNT),
    **_INSTANTS,
    "iban": _DETAILS["iban"],
    **{f"private.{name}": found for name, found in _DETAILS.items()},
    **{f"public.{name}": found for name, found in _DETAILS.items()},
}
