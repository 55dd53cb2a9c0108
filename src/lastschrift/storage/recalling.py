"""What takes long to find out, and may be a bit old: found out once for all who ask at once.

Each process has its own; on the event loop only.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final

REMEMBERED_MAX: Final = 1_000
"""How many answers are remembered; those that were asked for longest ago are forgotten first."""


@dataclass(slots=True)
class _Answer:
    """The last answer, since when it holds, and what is being found out instead."""

    asked: float = float("-inf")
    found: Any = None
    asking: asyncio.Task[Any] | None = None


class Recollection:
    """Remembers answers by their key."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()

    async def recall(
        self, key: Hashable, ask: Callable[[Any], Awaitable[Any]], age_s_max: float
    ) -> Any:  # noqa: ANN401  # the store's methods type it
        """Return what ``ask`` answered not longer than ``age_s_max`` ago; else ask anew.

        ``ask`` is told the last answer, or None. Raises: what it raises; that is not remembered.
        """
        answer = self._answers.setdefault(key, _Answer())
        self._answers.move_to_end(key)
        while len(self._answers) > REMEMBERED_MAX:
            self._answers.popitem(last=False)
        if asyncio.get_running_loop().time() - answer.asked <= age_s_max:
            return answer.found
        if answer.asking is None:
            answer.asking = asyncio.create_task(_find_out(answer, ask))
        # Whoever asked first may go away: the others still want to know.
        return await asyncio.shield(answer.asking)


async def _find_out(answer: _Answer, ask: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401
    asked = asyncio.get_running_loop().time()
    try:
        found = await ask(answer.found)
        answer.asked, answer.found = asked, found
    finally:
        answer.asking = None
    return found
