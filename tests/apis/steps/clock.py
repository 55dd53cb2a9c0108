"""Steps that set the time."""

from datetime import datetime

from tests.apis.steps.world import World


async def set_clock(world: World, instant: str) -> None:
    world.house.clock.set(datetime.fromisoformat(instant))


async def advance_clock(world: World, seconds: str) -> None:
    world.house.clock.advance(int(seconds))
