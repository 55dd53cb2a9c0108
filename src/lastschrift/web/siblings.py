"""The figures of several workers, told as one.

Each worker writes down what it has counted once a second, in a directory that only they can read.
Whoever is asked adds up what all have written. A dead worker's file stays: what it counted was
counted, and a sum that goes back would look to Prometheus like a server that began anew.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from lastschrift.web.counts import Counts

_EVERY_S = 1.0
_SUFFIX = ".counts"


class Siblings:
    """What the other workers of this server have counted."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._own = directory / f"{os.getpid()}{_SUFFIX}"
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Counts)

    def tell(self, counts: Counts) -> None:
        """Write down what this worker has counted."""
        part = self._own.with_suffix(".part")
        part.write_bytes(self._encoder.encode(counts))
        part.rename(self._own)

    def others(self) -> Iterator[Counts]:
        """Yield what each of the others has written down; a dead one has nothing waiting."""
        for path in self._directory.glob(f"*{_SUFFIX}"):
            if path != self._own:
                counts = self._decoder.decode(path.read_bytes())
                yield counts if _is_alive(int(path.stem)) else counts.without_queue()


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
