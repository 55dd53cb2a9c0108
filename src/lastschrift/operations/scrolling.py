"""Reading a list batch by batch: each object once, and none missed that is there throughout.

A scroll goes by the order of creation, in which no object ever moves. Oldest first, it ends at the
object that was the newest when it began; newest first, it never meets what came later. Two who ask
for the same batch at once get one after the other.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from msgspec import Struct, structs

from lastschrift.domain.errors import ScrollUnknown, Unavailable
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import (
    COUNTED_MAX,
    Batch,
    Condition,
    Everything,
    Ports,
    Position,
    Reader,
    Scroll,
    Stretch,
)
from lastschrift.operations.totals import Lister, total_of

T = TypeVar("T")

_ATTEMPTS = 5
"""How often a batch is looked for while others take one after the other."""

_BEFORE_ALL = Position(datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


class BeginScroll(Struct, frozen=True, kw_only=True):
    """A list that is to be read batch by batch."""

    condition: Condition
    is_descending: bool
    count: int
    lifetime_s: int
    shown: str


async def begin_scroll(
    ports: Ports, contract: ContractId, lister: Lister[T], begin: BeginScroll
) -> Batch[T]:
    """Return the first batch, and how many objects there are.

    Raises: SearchTooBroad.
    """
    condition = begin.condition
    stretch = Stretch(condition=condition, is_descending=begin.is_descending, count=begin.count)

    async def find(reader: Reader) -> tuple[Stretch, Sequence[T], int]:
        bounded = stretch
        if not begin.is_descending:
            bounded = structs.replace(stretch, last=await _newest(reader, contract, lister))
        found = await lister.find(reader, contract, bounded)
        return bounded, found, await lister.count(reader, contract, condition, COUNTED_MAX + 1)

    bounded, found, counted = await ports.store.scan(find)

    total = await total_of(ports, contract, lister, condition, counted)
    scroll = Scroll(
        contract_id=contract,
        id=ports.ids.new_id(),
        listed=lister.name,
        stretch=structs.replace(bounded, after=lister.position(found[-1]) if found else None),
        batch=1,
        shown=begin.shown,
        lifetime_s=begin.lifetime_s,
        expires=ports.clock.now() + timedelta(seconds=begin.lifetime_s),
    )
    await ports.store.write(lambda transaction: transaction.add_scroll(scroll))
    return Batch(scroll_id=scroll.id, items=found, shown=scroll.shown, total=total)


async def _newest(reader: Reader, contract: ContractId, lister: Lister[T]) -> Position:
    """Return the last place that is taken."""
    last = Stretch(condition=Everything(), is_descending=True, count=1)
    found = await lister.find(reader, contract, last)
    return lister.position(found[0]) if found else _BEFORE_ALL


async def next_batch(
    ports: Ports,
    contract: ContractId,
    lister: Lister[T],
    scroll_id: UUID,
    check: Callable[[Scroll], None] = lambda _scroll: None,
) -> Batch[T]:
    """Return the next batch; an empty one at the end.

    Raises: ScrollUnknown; what ``check`` raises, told how far it has been read; SearchTooBroad,
    Unavailable.
    """
    for _ in range(_ATTEMPTS):
        scroll = await _scroll(ports, contract, lister, scroll_id)
        check(scroll)
        found = await _found(ports, lister, scroll)
        if await _is_taken(ports, scroll, lister.position(found[-1]) if found else None):
            return Batch(scroll_id=scroll_id, items=found, shown=scroll.shown)
    raise Unavailable


async def _scroll(ports: Ports, contract: ContractId, lister: Lister[T], scroll_id: UUID) -> Scroll:
    now = ports.clock.now()
    scroll = await ports.store.read(
        lambda reader: reader.scroll(contract, lister.name, scroll_id, now)
    )
    if scroll is None:
        raise ScrollUnknown
    return scroll


async def _found(ports: Ports, lister: Lister[T], scroll: Scroll) -> Sequence[T]:
    async def find(reader: Reader) -> Sequence[T]:
        return await lister.find(reader, scroll.contract_id, scroll.stretch)

    return await ports.store.scan(find)


async def _is_taken(ports: Ports, scroll: Scroll, read: Position | None) -> bool:
    """Take the batch for whoever asked, unless somebody else has it."""
    taken_by = ports.ids.new_id()
    expires = ports.clock.now() + timedelta(seconds=scroll.lifetime_s)
    return await ports.store.write(
        lambda transaction: transaction.advance_scroll(scroll, read, taken_by, expires)
    )
