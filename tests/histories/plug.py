"""A store whose plug can be pulled between two of its writes."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Sequence
from typing import Any, TypeVar

from lastschrift.operations.ports import Command, PurgeStep, Reader, Result, Store, Transaction

T = TypeVar("T")


class PluggedStore:
    """A store that does ``writes_left`` more, and is not heard of again; None: as many as asked."""

    def __init__(self, store: Store) -> None:
        self.writes_left: int | None = None
        self.is_silent = asyncio.Event()
        self._store = store

    async def write(self, operation: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
        await self._draw()
        return await self._store.write(operation)

    async def write_batched(
        self,
        operation: Callable[
            [Transaction, Sequence[Command]], Coroutine[Any, Any, Sequence[Result]]
        ],
        make_command: Callable[[], Command],
    ) -> Result:
        await self._draw()
        return await self._store.write_batched(operation, make_command)

    async def read(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        return await self._store.read(query)

    async def scan(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        return await self._store.scan(query)

    async def recall(
        self,
        what: Hashable,
        query: Callable[[Reader, T | None], Coroutine[Any, Any, T]],
        age_s_max: float,
    ) -> T:
        return await self._store.recall(what, query, age_s_max)

    async def purge(self, step: int) -> PurgeStep:
        return await self._store.purge(step)

    async def _draw(self) -> None:
        if self.writes_left == 0:
            self.is_silent.set()
            await asyncio.Event().wait()
        if self.writes_left is not None:
            self.writes_left -= 1
