"""Lists that are read batch by batch, in the order of creation, while others write."""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports.lists import Position, Stretch

T = TypeVar("T")


class Scroll(Struct, frozen=True, kw_only=True):
    """How far a list has been read: ``stretch`` is what comes next.

    ``listed`` says what of, ``batch`` how many batches have been given, and ``shown`` is what a
    wire wants to know of it later. It is gone ``lifetime_s`` after the last batch.
    """

    contract_id: ContractId
    id: UUID
    listed: str
    stretch: Stretch
    batch: int
    shown: str
    lifetime_s: int
    expires: datetime


class Batch(Struct, Generic[T], frozen=True, kw_only=True):
    """Some objects of a scroll; the total only comes with the first ones."""

    scroll_id: UUID
    items: Sequence[T]
    shown: str
    total: int | None = None


class ScrollReader(Protocol):
    """What can be asked about scrolls."""

    async def scroll(
        self, contract: ContractId, listed: str, scroll: UUID, now: datetime
    ) -> Scroll | None:
        """Return a scroll that has not expired."""
        ...


class ScrollWriter(Protocol):
    """What can be changed about them."""

    async def add_scroll(self, scroll: Scroll) -> None:
        """Keep a new scroll."""
        ...

    async def advance_scroll(
        self, scroll: Scroll, read: Position | None, taken_by: UUID, expires: datetime
    ) -> bool:
        """Go on behind ``read``; return False, and change nothing, if another batch was given.

        ``taken_by`` is another one for each time that the batch is asked for.
        """
        ...

    async def drop_expired_scrolls(self, contract: ContractId, now: datetime, rows_max: int) -> int:
        """Forget up to ``rows_max`` scrolls that are past their time; return how many."""
        ...
