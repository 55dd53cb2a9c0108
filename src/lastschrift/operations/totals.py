"""How long a list is: to the last object where it is short, some seconds ago where it is not.

Of a long list it is remembered how many there were, and only what came or went since is counted:
so a total of millions takes a millisecond. Clocks may differ by `_MARGIN`, and what is written must
be committed within it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from msgspec import Struct

from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import (
    COUNTED_MAX,
    TOTAL_AGE_S_MAX,
    Condition,
    Everything,
    Field,
    InstantBetween,
    Ports,
    Position,
    Reader,
    Stretch,
)

T = TypeVar("T")

_MARGIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lister(Generic[T]):
    """A kind of objects: what it is called, how they are found and counted, where each stands."""

    name: str
    find: Callable[[Reader, ContractId, Stretch], Awaitable[Sequence[T]]]
    count: Callable[[Reader, ContractId, Condition, int | None], Awaitable[int]]
    count_gone: Callable[[Reader, ContractId, datetime, datetime], Awaitable[int]]
    position: Callable[[T], Position]


class Tally(Struct, frozen=True, kw_only=True):
    """What is remembered of a list: ``settled`` objects were created before ``until``.

    ``gone`` of those who had been there as long were deleted from ``until`` on; ``total`` is the
    length of the list.
    """

    total: int
    until: datetime
    settled: int
    gone: int


async def total_of(
    ports: Ports, contract: ContractId, lister: Lister[T], condition: Condition, counted: int
) -> int:
    """Return how many objects there are, if as many as ``counted`` are there at least.

    Raises: SearchTooBroad.
    """
    if counted <= COUNTED_MAX:
        return counted
    what = (lister.name, contract, condition)
    if condition != Everything():

        async def count(reader: Reader, _before: int | None) -> int:
            return await lister.count(reader, contract, condition, None)

        return await ports.store.recall(what, count, TOTAL_AGE_S_MAX)

    until = ports.clock.now() - _MARGIN

    async def tally(reader: Reader, before: Tally | None) -> Tally:
        return await _tally(reader, contract, lister, until, before)

    return (await ports.store.recall(what, tally, TOTAL_AGE_S_MAX)).total


async def _tally(
    reader: Reader, contract: ContractId, lister: Lister[T], until: datetime, before: Tally | None
) -> Tally:
    """Count a list, or what came and went since it was counted before."""
    if before is not None and until < before.until - _MARGIN:
        before = None  # The clock was set back: what came since bears an earlier instant.
    if before is not None:
        until = max(until, before.until)

    async def created(since: datetime | None, until: datetime | None) -> int:
        when = InstantBetween(Field.CREATED, since, until)
        return await lister.count(reader, contract, when, None)

    if before is None:
        settled = await created(None, until)
    else:
        gone = await lister.count_gone(reader, contract, before.until, before.until)
        settled = before.settled - (gone - before.gone) + await created(before.until, until)
    return Tally(
        total=settled + await created(until, None),
        until=until,
        settled=settled,
        gone=await lister.count_gone(reader, contract, until, until),
    )
