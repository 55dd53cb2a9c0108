"""Doing a thing again where that is right, for as long as somebody still waits for it.

What is done must be the same each time: with the same ids, so that the second time finds what the
first one kept, if its COMMIT was done but never heard of.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec import Struct

from lastschrift.domain.errors import LockedTooLong, StoreFailed
from lastschrift.storage.outage import Outage
from lastschrift.storage.postgres.connecting import Connection
from lastschrift.storage.postgres.failures import Failure, failure_of

T = TypeVar("T")

_PATIENCE_S = 5.0
"""How long a thing is tried again after it failed first; then its client is told to come back."""

_PAUSE_MIN_S = 0.02
_PAUSE_MAX_S = 0.5

_ANSWER_S = 10.0
"""How long an answer is waited for; a machine that is cut off gives none at all."""


async def persevere(attempt: Callable[[], Awaitable[T]], lost: Callable[[], Awaitable[None]]) -> T:
    """Return what an attempt returns; ``lost`` is called where a connection was.

    Raises: what the attempt raises, where that is its own fault; LockedTooLong, StoreFailed.
    """
    loop = asyncio.get_running_loop()
    give_up_at = 0.0
    pause_s = _PAUSE_MIN_S
    was_lost = False
    while True:
        try:
            result = await attempt()
        except Exception as error:
            failure = failure_of(error)
            if failure is Failure.LOCKED and was_lost:
                raise StoreFailed from error  # by the run that was lost, which waits for a standby
            if failure in _OUTAGES:
                _OUTAGE.begin(error)
            _raise_if_final(failure, error)
            give_up_at = give_up_at or loop.time() + _PATIENCE_S
            if loop.time() + pause_s > give_up_at:
                raise StoreFailed from error
        else:
            _OUTAGE.end()
            return result
        if failure is Failure.LOST:
            was_lost = True
            await lost()
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _PAUSE_MAX_S)


_OUTAGE = Outage()
_OUTAGES = (Failure.LOST, Failure.UNABLE)


def _raise_if_final(failure: Failure, error: Exception) -> None:
    match failure:
        case Failure.OWN:
            raise error
        case Failure.LOCKED:
            raise LockedTooLong from error
        case Failure.UNABLE | Failure.CLOSED:
            raise StoreFailed from error


class Watch:
    """Drops connections whose answers take too long; one timer for all, as a batch feels each.

    Nothing is cancelled at the server: whether a statement that was sent is done is not known then,
    and a COMMIT that waits for the standby goes on waiting.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due: dict[Connection, float] = {}  # by the loop's clock, the first one first
        self._has_timer = False

    def answered_in_time(self, connection: Connection) -> "_Awaited":
        """Return a context in which the connection is watched."""
        return _Awaited(self, connection)

    def begin(self, connection: Connection) -> None:
        """Watch a connection from now on."""
        self._due[connection] = self._loop.time() + _ANSWER_S
        if not self._has_timer:
            self._has_timer = True
            self._loop.call_later(_ANSWER_S, self._look)

    def end(self, connection: Connection) -> None:
        """Watch it no longer."""
        self._due.pop(connection, None)

    def _look(self) -> None:
        now = self._loop.time()
        while self._due:
            connection, due = next(iter(self._due.items()))
            if due > now:
                self._loop.call_at(due, self._look)
                return
            del self._due[connection]
            connection.terminate()
        self._has_timer = False


class _Awaited(Struct, frozen=True, gc=False):
    watch: Watch
    connection: Connection

    def __enter__(self) -> None:
        self.watch.begin(self.connection)

    def __exit__(self, *_: object) -> None:
        self.watch.end(self.connection)
