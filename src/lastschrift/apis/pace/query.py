"""What a client asks for in the query of a URL: filters, what to include, which page.

What JSON:API does not let be ignored, and what can't be read, is a 400 (`QueryNotSupported`); a
filter's value that is not one of the documented ones is a 422 (`FilterRefused`). Parameters that
are not ours are ignored. Of one that is there twice the last counts.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct

from lastschrift.apis.pace.ids import is_uuid
from lastschrift.apis.pace.refusals import FilterRefused, QueryNotSupported
from lastschrift.domain.refusals import Missing, NumberOutOfRange, WrongKind
from lastschrift.domain.text import clean_text
from lastschrift.domain.users import SUBJECT_CHARACTERS_MAX
from lastschrift.operations.ports import Page
from lastschrift.web.reading import Problems

STATUS: Final = "filter[status]"
PURPOSE: Final = "filter[purpose]"
USER_ID: Final = "filter[userID]"
INCLUDE: Final = "include"
ADDITIONAL_DATA: Final = "additionalData"
POINT_OF_INTEREST: Final = "poiID"
PAGE_NUMBER: Final = "page[number]"
PAGE_SIZE: Final = "page[size]"
SORT: Final = "sort"

PAGE_SIZE_MAX: Final = 100
PAGE_SIZE_DEFAULT: Final = 50
PAGE_NUMBER_MAX: Final = 10**9
WHOLE_LIST_MAX: Final = 1000
"""How much of a list is answered where no page is asked for (`assumed`)."""

BOOLEANS: Final = "1 t T true True TRUE 0 f F false False FALSE".split()
"""As PACE's framework reads them (Go, ``strconv.ParseBool``)."""

RESOURCE_NAME: Final = "prn(:[A-Za-z0-9._~-]+){3,}"
"""A PACE resource name, as ``prn:poi:gas-stations:…`` or ``prn:cms:fuels:ron95``."""


class Related(StrEnum):
    """What can be included beside a payment method."""

    KIND = "paymentMethodKind"
    VENDOR = "paymentMethodVendor"
    TOKENS = "paymentTokens"


class StatusFilter(StrEnum):
    """Which payment methods are wanted: those that can be used, or that could be before long.

    Here both are the same, as no account awaits a verification: all that are not expired.
    """

    VALID = "valid"
    CREATED_OR_VALID = "createdOrValid"


class NumberedPage(Struct, frozen=True):
    """A page of a list: ``size`` items, after as many as ``number`` pages of that size have."""

    number: int
    size: int


class ListQuery(Struct, frozen=True, kw_only=True):
    """What is asked of a list; ``page`` None: all of it."""

    status: StatusFilter | None
    purpose: str | None
    user: str | None
    included: frozenset[Related]
    page: NumberedPage | None

    @property
    def slice(self) -> Page:
        """Which part of the whole list is wanted."""
        if self.page is None:
            return Page(WHOLE_LIST_MAX, 0)
        return Page(self.page.size, self.page.number * self.page.size)

    def at(self, page: NumberedPage) -> str:
        """Write the query that asks for another page of the same list."""
        parameters = {
            STATUS: self.status,
            PURPOSE: self.purpose,
            USER_ID: self.user,
            INCLUDE: ",".join(sorted(self.included)) or None,
            PAGE_NUMBER: page.number,
            PAGE_SIZE: page.size,
        }
        return urlencode({name: value for name, value in parameters.items() if value is not None})


def parse_list_query(query: Sequence[tuple[str, str]]) -> ListQuery:
    """Return what is asked of a list.

    Raises, in this order: QueryNotSupported, FilterRefused, each with every parameter at fault.
    """
    parameters = dict(query)
    problems = Problems()
    if SORT in parameters:
        problems.note((SORT,), WrongKind("left out: this list has one order"))
    included = _included(parameters, problems)
    page = _page(parameters, problems)
    if problems:
        raise QueryNotSupported(problems)
    status = problems.check((STATUS,), _status, parameters.get(STATUS))
    purpose = problems.check((PURPOSE,), _purpose, parameters.get(PURPOSE))
    user = problems.check((USER_ID,), _subject, parameters.get(USER_ID))
    if problems:
        raise FilterRefused(problems)
    return ListQuery(
        status=status,
        purpose=purpose,
        user=user,
        included=included,
        page=page,
    )


def parse_included(query: Sequence[tuple[str, str]]) -> frozenset[Related]:
    """Return what is to be included beside one payment method.

    Raises: QueryNotSupported.
    """
    problems = Problems()
    included = _included(dict(query), problems)
    if problems:
        raise QueryNotSupported(problems)
    return included


def check_kinds_query(query: Sequence[tuple[str, str]]) -> None:
    """Let a query pass that asks for kinds of payment methods; it changes nothing.

    Raises: QueryNotSupported.
    """
    parameters = dict(query)
    problems = Problems()
    problems.check((ADDITIONAL_DATA,), _boolean, parameters.get(ADDITIONAL_DATA))
    problems.check((POINT_OF_INTEREST,), _uuid, parameters.get(POINT_OF_INTEREST))
    if problems:
        raise QueryNotSupported(problems)


# --- parameters -----------------------------------------------------------------------------------


def _included(parameters: Mapping[str, str], problems: Problems) -> frozenset[Related]:
    """Return what is to be included; an empty list is one, too (JSON:API 1.0, "Inclusion")."""
    named = set(parameters.get(INCLUDE, "").split(",")) - {""}
    if not named <= set(Related):
        problems.note((INCLUDE,), WrongKind(f"some of {', '.join(Related)}"))
        return frozenset()
    return frozenset(map(Related, named))


def _page(parameters: Mapping[str, str], problems: Problems) -> NumberedPage | None:
    """Return which page is wanted; with one of both parameters the other has its default."""
    number = problems.check((PAGE_NUMBER,), _page_number, parameters.get(PAGE_NUMBER))
    size = problems.check((PAGE_SIZE,), _page_size, parameters.get(PAGE_SIZE))
    if number is None and size is None:
        return None
    return NumberedPage(number or 0, size or PAGE_SIZE_DEFAULT)


def _page_number(text: str) -> int:
    return _whole_number(text, 0, PAGE_NUMBER_MAX)


def _page_size(text: str) -> int:
    return _whole_number(text, 1, PAGE_SIZE_MAX)


def _whole_number(text: str, smallest: int, largest: int) -> int:
    is_readable = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    if not is_readable or not smallest <= int(text) <= largest:
        raise NumberOutOfRange(smallest, largest)
    return int(text)


def _status(text: str) -> StatusFilter:
    if text not in set(StatusFilter):
        raise WrongKind(" or ".join(StatusFilter))
    return StatusFilter(text)


def _subject(text: str) -> str:
    if not text:
        raise Missing
    clean_text(text, characters_max=SUBJECT_CHARACTERS_MAX)
    return text  # letter for letter: it is compared with what a provider calls a user


def _boolean(text: str) -> None:
    if text not in BOOLEANS:
        raise WrongKind("true or false")


def _uuid(text: str) -> None:
    if not is_uuid(text):
        raise WrongKind("a UUID")


def _purpose(text: str) -> str:
    if re.fullmatch(RESOURCE_NAME, text) is None:
        raise WrongKind("a PACE resource name (prn:…)")
    return text


_DIGITS_MAX = 10
