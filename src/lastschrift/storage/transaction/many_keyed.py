"""Keeping many things at a time that come with idempotency keys, of which mostly all are new.

All of them or nothing are added by one statement. If that fails, or there is no hope for it, it is
asked what is in the way, and the rest is added. What becomes of what is left, is found out by a
transaction for each, which alone tells it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from lastschrift.domain.errors import LockedTooLong
from lastschrift.operations.ports import KeyUse
from lastschrift.storage.transaction.engine import Engine

Keyed = TypeVar("Keyed")
Keyed_contra = TypeVar("Keyed_contra", contravariant=True)


class AddAll(Protocol[Keyed_contra]):
    """Adds all or nothing, see `Engine.add_all_keyed`."""

    async def __call__(self, keyed: Sequence[Keyed_contra], *, in_hope: bool) -> bool:
        """Return whether all is added.

        Raises: LockedTooLong.
        """
        ...


async def add_what_is_new(
    keyed: Sequence[Keyed],
    add_all: AddAll[Keyed],
    find_in_the_way: Callable[[Sequence[Keyed]], Awaitable[set[int]]],
) -> Sequence[int]:
    """Add what can be; return the places of the rest, which may be more than has to be."""
    try:
        if await add_all(keyed, in_hope=True):
            return ()
        in_the_way = await find_in_the_way(keyed)
        rest = [each for place, each in enumerate(keyed) if place not in in_the_way]
        if rest and await add_all(rest, in_hope=False):
            return sorted(in_the_way)
    except LockedTooLong:
        pass  # Nobody tells whose key it is; each by itself finds out.
    return range(len(keyed))


async def used_keys(engine: Engine, uses: Sequence[KeyUse]) -> set[int]:
    """Return the places of keys that are in use, or were, or that stand here before."""
    places = set(await engine.keys_in_use(uses))
    first: dict[object, int] = {}
    for place, use in enumerate(uses):
        key = use.contract_id, use.operation, use.key_hash
        if first.setdefault(key, place) != place:
            places.add(place)
    return places
