"""Telling, now and then, how far the audit trail's chains have come: to a log that goes elsewhere.

What is told leaves the machine with the log. So whoever changes the trail afterwards, its chains
made anew, is found out by lines that are not theirs to change.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from lastschrift.storage.chaining import Heads

EVERY_S = 600.0
"""So much of the trail's end, at most, no anchor knows of; the server's end is told, too."""


@asynccontextmanager
async def anchors_told(
    heads: Heads, tell: Callable[[str], None], *, every_s: float = EVERY_S
) -> AsyncIterator[None]:
    """Tell which chains have moved, every so often and when the block ends."""

    def tell_moved() -> None:
        for anchor in heads.take():
            tell(str(anchor))

    async def tell_now_and_then() -> None:
        while True:
            await asyncio.sleep(every_s)
            tell_moved()

    telling = asyncio.create_task(tell_now_and_then())
    try:
        yield
    finally:
        telling.cancel()
        tell_moved()
