"""What is asked of a list, in all parameters that lists take; others are ignored.

A list is asked for by pages (`AskedPage`), or batch by batch: the first one with ``scroll_expire``
(`AskedScroll`), all others with the ``scroll_id`` of the one before, alone (`AskedBatch`), as the
older clients do it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from lastschrift.apis.secuconnect.models import COUNT_MAX
from lastschrift.apis.secuconnect.parse import page_of
from lastschrift.apis.secuconnect.query import Properties, condition_of, parse_query
from lastschrift.apis.secuconnect.refusals import LifetimeMalformed, NotScrollable
from lastschrift.apis.secuconnect.sorting import parse_sort
from lastschrift.domain.errors import ScrollUnknown
from lastschrift.domain.refusals import NumberOutOfRange
from lastschrift.operations.ports import Condition, Everything, Field, Search
from lastschrift.operations.scrolling import BeginScroll
from lastschrift.web.reading import Problems

Query = Sequence[tuple[str, str]]

LIFETIME_S_MAX: Final = 24 * 60 * 60
"""How long a scroll may be kept at most after each batch."""

_CUSTOMER = "customer"
"""What can be expanded."""

_LIFETIME = re.compile(r"([0-9]{1,6})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 60 * 60}
_SCROLL_ID = re.compile(r"[0-9a-f]{32}")
_NO = ("", "0", "false", "no")


class Shown(msgspec.Struct, frozen=True, omit_defaults=True):
    """How objects are shown: which members, and whether containers have their customers whole."""

    fields: str = ""
    is_expanded: bool = False


@dataclass(frozen=True, slots=True)
class AskedPage:
    """A page of a list; ``has_meta`` asks which one it is, too."""

    search: Search
    shown: Shown
    has_meta: bool


@dataclass(frozen=True, slots=True)
class AskedScroll:
    """The first batch of a list."""

    begin: BeginScroll


@dataclass(frozen=True, slots=True)
class AskedBatch:
    """A further batch."""

    scroll_id: UUID


Asked = AskedPage | AskedScroll | AskedBatch


def parse_list(query: Query, properties: Properties) -> Asked:
    """Return what is asked; of a parameter that is there twice the last counts.

    Raises: ScrollUnknown; Invalid.
    """
    parameters = dict(query)
    scroll_id = parameters.get("scroll_id")
    if scroll_id:
        return AskedBatch(_scroll_id(scroll_id))
    problems = Problems()
    search = Search(
        page=page_of(parameters, problems),
        condition=_condition(parameters, properties, problems),
        order=problems.check(("sort",), lambda _: parse_sort(query, properties), query) or (),
    )
    shown = _shown(parameters)
    lifetime = parameters.get("scroll_expire")
    if lifetime:
        return AskedScroll(_scroll(search, shown, lifetime, problems))
    problems.raise_if_any()
    return AskedPage(search, shown, has_meta=parameters.get("meta", "").lower() not in _NO)


def _scroll_id(text: str) -> UUID:
    """Return which scroll is gone on with; what can't be an id of ours is none."""
    if _SCROLL_ID.fullmatch(text) is None:
        raise ScrollUnknown
    return UUID(hex=text)


def _condition(
    parameters: Mapping[str, str], properties: Properties, problems: Problems
) -> Condition:
    def parse(text: str) -> Condition:
        return condition_of(parse_query(text), properties)

    return problems.check(("q",), parse, parameters.get("q") or None) or Everything()


def _shown(parameters: Mapping[str, str]) -> Shown:
    expanded = (name.strip() for name in parameters.get("expand", "").split(","))
    return Shown(parameters.get("fields", ""), is_expanded=_CUSTOMER in expanded)


def _scroll(search: Search, shown: Shown, lifetime: str, problems: Problems) -> BeginScroll:
    """Return the scroll; it goes by the order of creation, and gives one object at least."""
    lifetime_s = problems.check(("scroll_expire",), _lifetime_s, lifetime)
    if search.page.count == 0:
        problems.note(("count",), NumberOutOfRange(1, COUNT_MAX))
    if search.order and [key.field for key in search.order] != [Field.CREATED]:
        problems.note(("sort",), NotScrollable())
    problems.raise_if_any()
    return BeginScroll(
        condition=search.condition,
        is_descending=any(key.is_descending for key in search.order),
        count=search.page.count,
        lifetime_s=lifetime_s or 0,
        shown=msgspec.json.encode(shown).decode(),
    )


def _lifetime_s(text: str) -> int:
    """Return how many seconds ``5m`` is.

    Raises: LifetimeMalformed.
    """
    match = _LIFETIME.fullmatch(text)
    lifetime_s = 0 if match is None else int(match[1]) * _SECONDS[match[2]]
    if not 1 <= lifetime_s <= LIFETIME_S_MAX:
        raise LifetimeMalformed
    return lifetime_s
