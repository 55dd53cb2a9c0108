"""Steps about who asks for tokens: another client, or one that is revoked."""

from collections.abc import Sequence

from lastschrift.apis.secuconnect.ids import contract_id
from lastschrift.domain.access import Scope
from lastschrift.operations.create_client import CreateClient, CreatedClient, create_client
from lastschrift.operations.revoke_client import revoke_client
from tests.apis.steps.world import World


async def use_client_with_scopes(world: World, scopes: str) -> None:
    _use(world, await add_client(world, scopes=[Scope(scope) for scope in scopes.split()]))


async def use_client_without_identity(world: World) -> None:
    _use(world, await add_client(world, has_identity=False))


async def use_client_that_manages(world: World) -> None:
    _use(world, await add_client(world, manages=True))


async def use_client_of_another_contract(world: World) -> None:
    client, secret = await world.house.open_contract(name="Another")
    _use(world, CreatedClient(client, secret))


def _use(world: World, created: CreatedClient) -> None:
    world.client, world.secret = created.client, created.secret
    world.bindings["client-id"] = created.client.id.hex
    world.bindings["client-secret"] = created.secret.reveal()
    world.bindings["contract"] = contract_id(created.client.contract_id)


async def revoke(world: World) -> None:
    await revoke_client(world.house.ports, world.client.id)


async def add_client(
    world: World,
    *,
    scopes: Sequence[Scope] = tuple(Scope),
    has_identity: bool = True,
    manages: bool = False,
) -> CreatedClient:
    """Add a client to the contract, and return it: who asks stays the same."""
    command = CreateClient(
        contract_id=world.client.contract_id,
        name="Another client",
        scopes=scopes,
        has_identity=has_identity,
        manages=manages,
    )
    return await create_client(world.house.ports, command)
