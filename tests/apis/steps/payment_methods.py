"""Steps for bank accounts as the PACE API knows them: as payment methods."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType

from lastschrift.domain.access import Client
from lastschrift.domain.bank_account import AuthorisationAttribute
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.update_account_usage import UpdateAccountUsage, update_account_usage
from tests.apis.steps.accounts import register
from tests.apis.steps.clients import add_client
from tests.apis.steps.world import World

OTHER_IBAN = Iban.parse("AT611904300234573201")


async def add_payment_method(world: World, account_id: str | None = None) -> None:
    await register(
        world,
        _identity(world.client),
        account_id=None if account_id is None else AccountId(UUID(account_id)),
    )


async def add_another_payment_method(world: World) -> None:
    first = world.bindings["method"]
    world.house.clock.advance(1)
    await register(world, _identity(world.client), iban=OTHER_IBAN)
    world.bindings["other"], world.bindings["method"] = world.bindings["method"], first


async def add_managed_payment_method(world: World) -> None:
    await register(world, _identity(world.client), managed_by=world.client.id)


async def add_payment_method_managed_by_another(world: World) -> None:
    another = (await add_client(world)).client
    await register(world, _identity(world.client), managed_by=another.id)


async def set_alias(world: World, alias: str) -> None:
    await _update_usage(world, alias=alias)


async def set_expiry(world: World, expiry: str) -> None:
    await _update_usage(world, expiry=datetime.fromisoformat(expiry))


async def set_authorisation(world: World, name: str) -> None:
    await _update_usage(world, authorisation=(AuthorisationAttribute(name=name),))


async def _update_usage(
    world: World,
    *,
    alias: str | UnsetType = UNSET,
    expiry: datetime | UnsetType = UNSET,
    authorisation: tuple[AuthorisationAttribute, ...] | UnsetType = UNSET,
) -> None:
    command = UpdateAccountUsage(
        contract_id=world.client.contract_id,
        client_id=world.client.id,
        debtor_id=_identity(world.client).id,
        account_id=AccountId(UUID(world.bindings["method"])),
        alias=alias,
        expiry=expiry,
        authorisation=authorisation,
    )
    await update_account_usage(world.house.ports, command)


def _identity(client: Client) -> DebtorRef:
    assert client.identity is not None
    return DebtorRef(client.identity, DebtorKind.SERVICE_IDENTITY)


async def add_deleted_payment_method(world: World) -> None:
    await add_payment_method(world)
    command = DeleteBankAccount(
        contract_id=world.client.contract_id,
        client_id=world.client.id,
        debtor_id=_identity(world.client).id,
        account_id=AccountId(UUID(world.bindings["method"])),
    )
    await delete_bank_account(world.house.ports, command)


async def add_payment_method_of_another_user(world: World) -> None:
    ours = world.client
    world.client = (await add_client(world)).client
    await add_payment_method(world)
    world.client = ours


async def add_payment_method_of_another_contract(world: World) -> None:
    ours = world.client
    world.client, _ = await world.house.open_contract(name="Another")
    await add_payment_method(world)
    world.client = ours
