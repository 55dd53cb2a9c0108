"""Steps about an identity provider and its users."""

from lastschrift.domain.access import IdentityLinking, Scope
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.change_identity_linking import change_identity_linking
from lastschrift.operations.link_user import LinkUser, link_user
from tests.apis.steps.accounts import register
from tests.apis.steps.world import World
from tests.identity_providers.issuer import CONFIGURATION_PATH, Issuer, answer
from tests.identity_providers.trusting import trusting


async def trust_provider(world: World) -> None:
    issuer = await world.cleanup.enter_async_context(Issuer.serving(world.house.clock))
    opening = trusting(world.house, issuer.provider(world.client.id))
    world.house = await world.cleanup.enter_async_context(opening)
    world.issuer = issuer


async def trust_provider_that_is_down(world: World) -> None:
    await trust_provider(world)
    assert world.issuer is not None
    world.issuer.answers[CONFIGURATION_PATH] = answer(503, b"")


async def get_token_of_user(world: World, subject: str, scopes: str) -> None:
    assert world.issuer is not None
    world.bindings["token"] = world.issuer.token(sub=subject, scope=scopes).reveal()


async def get_expired_token_of_user(world: World, subject: str) -> None:
    await get_token_of_user(world, subject, " ".join(Scope))
    world.house.clock.advance(3600)


async def link_by_command(world: World) -> None:
    await change_identity_linking(
        world.house.ports, world.client.contract_id, IdentityLinking.BY_COMMAND
    )


async def add_payment_method_of_user(world: World, subject: str) -> None:
    assert world.issuer is not None
    user = OutsideUser(world.issuer.url, subject)
    command = LinkUser(contract_id=world.client.contract_id, user=user)
    await register(world, await link_user(world.house.ports, command))
