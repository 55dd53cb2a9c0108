"""How long a list is: to the last object where it is short, some seconds ago where it is not.

Of a long list it is remembered how many there were, and only what came or went since is counted:
so a total of millions takes a millisecond. Clocks may differ by `_MARGIN`, and what is written must
be committed within it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

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

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing was created before."""

_PIECE_MAX = 250_000
"""How many objects are counted at a time, which takes about a sixtieth of a statement's second
(`docs/benchmarks-lists.md`: 64 ms for a million, the first time)."""

_ANEW_S = -1.0
"""However young the answer is, it is too old."""


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
    length of the list. As long as pieces are ``left`` to be counted, only ``settled`` says
    anything: how many of the other pieces had not been deleted by then.
    """

    total: int
    until: datetime
    settled: int
    gone: int
    left: tuple[tuple[datetime, datetime], ...] = ()


async def total_of(
    ports: Ports, contract: ContractId, lister: Lister[T], condition: Condition, counted: int
) -> int:
    """Return how many objects there are, if as many as ``counted`` are there at least.

    Raises: SearchTooBroad.
    """
    if counted <= COUNTED_MAX:
        return counted
    if condition == Everything():
        return await _total_of_all(ports, contract, lister)

    async def count(reader: Reader, _before: int | None) -> int:
        return await lister.count(reader, contract, condition, None)

    return await ports.store.recall((lister.name, contract, condition), count, TOTAL_AGE_S_MAX)


async def _total_of_all(ports: Ports, contract: ContractId, lister: Lister[T]) -> int:
    """Return how long the whole list is, which may be as long as it likes.

    The first time it is counted piece by piece, and all who ask wait for it. What has been counted
    stays counted if one piece takes too long.

    Raises: SearchTooBroad.
    """
    what = (lister.name, contract, Everything())
    until = ports.clock.now() - _MARGIN

    async def tally(reader: Reader, before: Tally | None) -> Tally:
        return await _tally(reader, contract, lister, until, before)

    found = await ports.store.recall(what, tally, TOTAL_AGE_S_MAX)
    while found.left:
        found = await ports.store.recall(what, tally, _ANEW_S)
    return found.total


async def _tally(
    reader: Reader, contract: ContractId, lister: Lister[T], until: datetime, before: Tally | None
) -> Tally:
    """Count what came and went since a list was counted before; else its next piece."""
    if before is None or until < before.until - _MARGIN:
        # The first time; or the clock was set back, and what came since bears an earlier instant.
        before = Tally(total=0, until=until, settled=0, gone=0, left=((_EPOCH, until),))
    if before.left:
        before = await _with_next_piece(reader, contract, lister, before)
    if before.left:
        return before
    until = max(until, before.until)

    async def created(since: datetime, until: datetime | None) -> int:
        when = InstantBetween(Field.CREATED, since, until)
        return await lister.count(reader, contract, when, None)

    gone = await lister.count_gone(reader, contract, before.until, before.until)
    settled = before.settled - (gone - before.gone) + await created(before.until, until)
    return Tally(
        total=settled + await created(until, None),
        until=until,
        settled=settled,
        gone=await lister.count_gone(reader, contract, until, until),
    )


async def _with_next_piece(
    reader: Reader, contract: ContractId, lister: Lister[T], tally: Tally
) -> Tally:
    """Count the last piece that is left, or cut it in two if it is too long.

    Who was deleted meanwhile is counted, too: else it would matter when a piece is counted.
    """
    *left, (since, until) = tally.left
    most = _PIECE_MAX + 1 if until - since > timedelta.resolution else None
    when = InstantBetween(Field.CREATED, since, until)
    counted = await lister.count(reader, contract, when, most)
    if counted == most:
        middle = since + (until - since) / 2
        return replace(tally, left=(*left, (since, middle), (middle, until)))
    gone = await lister.count_gone(reader, contract, tally.until, until)
    gone -= await lister.count_gone(reader, contract, tally.until, since)
    return replace(tally, left=tuple(left), settled=tally.settled + counted + gone)
