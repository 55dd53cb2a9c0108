"""The step that sends the exchange's own request once before."""

from tests.apis.golden import ask
from tests.apis.steps.world import World


async def ask_before(world: World, made: str | None = None) -> None:
    answer = await ask(world.house.client, world.exchange.request, world.bindings)
    assert answer.is_success, answer.text
    if made is not None:
        world.bindings[made] = answer.json()["id"]
