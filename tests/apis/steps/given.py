"""What golden exchanges are given: each ``# given:`` line is a step, done before the request.

Steps go through the operations, not the wire, so that an exchange rests on nothing but its own API.
What a step makes is bound to a name (``{token}``, ``{customer}``) for the request and the answer.

``named`` has the names of all steps; the modules beside it have the steps, by what they are about.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from lastschrift.apis.secuconnect.ids import contract_id
from lastschrift.cli.demo import DEMO_CLIENT_SECRET, add_demo
from lastschrift.domain.access import Secret
from tests.apis.golden import Exchange
from tests.apis.steps.named import do_step
from tests.apis.steps.world import World
from tests.house import House


@asynccontextmanager
async def world_of(exchange: Exchange, house: House) -> AsyncIterator[World]:
    """Make a sandbox of a house, and do all that an exchange is given."""
    await add_demo(house.ports)
    (client,) = await house.store.read(lambda reader: reader.clients())
    async with AsyncExitStack() as cleanup:
        world = World(
            house=house,
            exchange=exchange,
            bindings={"contract": contract_id(client.contract_id)},
            client=client,
            secret=Secret(DEMO_CLIENT_SECRET),
            cleanup=cleanup,
        )
        for given in exchange.noted("given"):
            await do_step(world, given)
        yield world
