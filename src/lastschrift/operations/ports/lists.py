"""Lists: which objects are wanted, in which order, which part of them, and what comes of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

from msgspec import Struct

from lastschrift.operations.ports.conditions import Condition, Everything, Field

T = TypeVar("T")

COUNTED_MAX: Final = 10_000
"""Up to how many objects are counted anew for each page; a larger total may be a bit old."""

TOTAL_AGE_S_MAX: Final = 5.0
"""How old a larger total may be."""


class Page(Struct, frozen=True):
    """Which part of a list is wanted: ``count`` items after the first ``offset``."""

    count: int
    offset: int


class Order(Struct, frozen=True):
    """What a list is sorted by; texts by the code points of their folded form."""

    field: Field
    is_descending: bool = False


class Search(Struct, frozen=True, kw_only=True):
    """Which objects are wanted, sorted by which fields; then, and by default, oldest first."""

    page: Page
    condition: Condition = Everything()
    order: tuple[Order, ...] = ()


class Position(Struct, frozen=True):
    """An object's place in the order of creation: no two have the same, and none ever changes."""

    created: datetime
    id: UUID


class Stretch(Struct, frozen=True, kw_only=True):
    """Which objects come next in the order of creation: ``count`` behind ``after``.

    ``last`` is the last one that is wanted at all; both are None where there is no such limit.
    """

    condition: Condition
    is_descending: bool
    count: int
    after: Position | None = None
    last: Position | None = None


class Listing(Struct, Generic[T], frozen=True):
    """A page of a list, and how long the whole list is."""

    total: int
    items: Sequence[T]
