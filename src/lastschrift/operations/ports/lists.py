"""Lists: which part of one is wanted, and what comes of it."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Page(Struct, frozen=True):
    """Which part of a list is wanted: ``count`` items after the first ``offset``."""

    count: int
    offset: int


class Listing(Struct, Generic[T], frozen=True):
    """A page of a list, and how long the whole list is."""

    total: int
    items: Sequence[T]
