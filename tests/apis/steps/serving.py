"""Steps that change how the house is served: from a store that fails, under another URL."""

from typing import NoReturn

from lastschrift.domain.errors import LockedTooLong, SearchTooBroad
from lastschrift.operations.ports import Ports, Store
from tests.apis.steps.world import World
from tests.house import reopened


class BreakingStore:
    """A store that reads, and breaks in a way that nobody thought of when it is to write."""

    def __init__(self, store: Store) -> None:
        self.read = store.read
        self.scan = store.scan
        self.recall = store.recall
        self.purge = store.purge

    async def write(self, operation: object) -> NoReturn:
        raise RuntimeError(operation)

    async def write_batched(self, operation: object, command: object) -> NoReturn:
        raise RuntimeError(operation)


class LockedStore(BreakingStore):
    """A store where another request holds for too long what is to be written."""

    async def write(self, operation: object) -> NoReturn:
        raise LockedTooLong

    async def write_batched(self, operation: object, command: object) -> NoReturn:
        raise LockedTooLong


class SlowStore:
    """A store in which every list takes too long."""

    def __init__(self, store: Store) -> None:
        self.read = store.read
        self.write = store.write
        self.write_batched = store.write_batched
        self.purge = store.purge

    async def scan(self, query: object) -> NoReturn:
        raise SearchTooBroad

    async def recall(self, what: object, query: object, age_s_max: float) -> NoReturn:
        raise SearchTooBroad


async def slow_lists_down(world: World) -> None:
    await _serve_from(world, SlowStore(world.house.store))


async def break_store(world: World) -> None:
    await _serve_from(world, BreakingStore(world.house.store))


async def lock_store(world: World) -> None:
    await _serve_from(world, LockedStore(world.house.store))


async def fill_queue(world: World) -> None:
    opening = world.house.database.opened(queue_limit=0)
    await _serve_from(world, await world.cleanup.enter_async_context(opening))


async def _serve_from(world: World, store: Store) -> None:
    real = world.house.ports
    ports = Ports(store, real.vault, real.clock, real.ids)
    world.house = await world.cleanup.enter_async_context(reopened(world.house, ports))


async def set_public_url(world: World, public_url: str) -> None:
    again = reopened(world.house, world.house.ports, public_url=public_url)
    world.house = await world.cleanup.enter_async_context(again)
