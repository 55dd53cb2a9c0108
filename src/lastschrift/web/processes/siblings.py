"""The figures of several workers, told as one.

Each worker writes down what it has counted once a second, and whenever it is asked, in a directory
that only they can read. Whoever is asked adds up what all have written. So nothing that was once
told is missing later: a sum that goes back would look to Prometheus like a server that began anew.
For the same reason a worker that takes a dead one's place goes on from what that one has written.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from lastschrift.web.processes.counts import Counts, sum_of

_EVERY_S = 1.0
_SUFFIX = ".counts"


class _Written(msgspec.Struct):
    """What a place's worker has counted, with all that had the place before it."""

    pid: int
    counts: Counts


class Siblings:
    """The workers of this server, seen from one of them: the one in ``place``."""

    def __init__(self, directory: Path, place: int) -> None:
        self._directory = directory
        self._own = directory / f"{place}{_SUFFIX}"
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(_Written)
        self._before = self._read(self._own).without_queue() if self._own.exists() else None

    def tell(self, counts: Counts) -> None:
        """Write down what this worker has counted; where nothing can be written, the last stays."""
        counts = counts if self._before is None else sum_of([self._before, counts])
        part = self._own.with_suffix(".part")
        with suppress(OSError):  # A full disk must not end a server that does not need it.
            part.write_bytes(self._encoder.encode(_Written(os.getpid(), counts)))
            part.rename(self._own)

    def total(self, counts: Counts) -> Counts:
        """Return what all workers have counted; ``counts`` is what this one has."""
        self.tell(counts)
        return sum_of(map(self._read, self._directory.glob(f"*{_SUFFIX}")))

    def _read(self, path: Path) -> Counts:
        """Return what is written there; nothing waits any longer in a worker that is dead."""
        written = self._decoder.decode(path.read_bytes())
        return written.counts if _is_alive(written.pid) else written.counts.without_queue()


@asynccontextmanager
async def telling(siblings: Siblings, count: Callable[[], Counts]) -> AsyncIterator[None]:
    """Tell what this worker has counted, again and again until the block ends, and then once."""

    async def tell_for_ever() -> None:
        while True:
            siblings.tell(count())
            await asyncio.sleep(_EVERY_S)

    task = asyncio.create_task(tell_for_ever())
    try:
        yield
    finally:
        task.cancel()
        siblings.tell(count())


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
