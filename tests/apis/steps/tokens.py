"""Steps that get a token, good or no longer so, of this client or another."""

from lastschrift.domain.access import TOKEN_LIFETIME, Client, Secret
from lastschrift.operations.issue_access_token import IssueAccessToken, issue_access_token
from lastschrift.operations.revoke_access_token import RevokeAccessToken, revoke_access_token
from lastschrift.operations.revoke_client import revoke_client
from tests.apis.steps.clients import add_client
from tests.apis.steps.world import World


async def get_token(world: World, scopes: str | None = None) -> None:
    command = IssueAccessToken(
        client_id=world.client.id,
        client_secret=world.secret,
        scopes=None if scopes is None else scopes.split(),
    )
    issued = await issue_access_token(world.house.ports, command)
    world.bindings["token"] = issued.token.reveal()


async def get_expired_token(world: World) -> None:
    await get_token(world, " ".join(world.client.scopes))
    world.house.clock.advance(TOKEN_LIFETIME.total_seconds())


async def get_revoked_token(world: World) -> None:
    await get_token(world)
    command = RevokeAccessToken(
        client_id=world.client.id,
        client_secret=world.secret,
        token=Secret(world.bindings["token"]),
    )
    await revoke_access_token(world.house.ports, command)


async def get_token_of_another_client(world: World) -> None:
    created = await add_client(world)
    await _get_token_of(world, created.client, created.secret)
    world.bindings["client-id"] = created.client.id.hex


async def get_token_of_a_revoked_client(world: World) -> None:
    created = await add_client(world)
    await _get_token_of(world, created.client, created.secret)
    await revoke_client(world.house.ports, created.client.id)


async def get_token_of_another_contract(world: World) -> None:
    await _get_token_of(world, *await world.house.open_contract(name="Another"))


async def _get_token_of(world: World, client: Client, secret: Secret) -> None:
    ours = world.client, world.secret
    world.client, world.secret = client, secret
    await get_token(world)
    world.client, world.secret = ours
