"""Purging: having a store's files hold nothing any more of what was erased, part by part."""

from msgspec import Struct

from lastschrift.operations.ports import Ports, Transaction


class PurgePlace(Struct, frozen=True, kw_only=True):
    """Up to where files are purged of so many ``erasures``."""

    erasures: int
    step: int = 0


class Purged(Struct, frozen=True, kw_only=True):
    """How much of it is done; ``place`` is where to go on, or None if nothing is left to do.

    ``is_blocked``: somebody reads for long; to be tried again a little later.
    """

    place: PurgePlace | None
    done: int = 0
    total: int = 0
    is_blocked: bool = False


async def purge(ports: Ports, place: PurgePlace | None = None) -> Purged:
    """Purge the next part of the store's files; from the beginning, where no place is given.

    Raises: Unavailable.
    """
    if place is None:
        marks = await ports.store.read(lambda reader: reader.erasure_marks())
        if marks.erasures == marks.purged:
            return Purged(place=None)
        place = PurgePlace(erasures=marks.erasures)
    done = await ports.store.purge(place.step)
    if done.following is None:
        await _mark_purged(ports, place.erasures)
        return Purged(place=None, done=done.done, total=done.total)
    following = PurgePlace(erasures=place.erasures, step=done.following)
    return Purged(place=following, done=done.done, total=done.total, is_blocked=done.is_blocked)


async def _mark_purged(ports: Ports, erasures: int) -> None:
    async def operation(transaction: Transaction) -> None:
        await transaction.mark_purged(erasures)

    await ports.store.write(operation)
