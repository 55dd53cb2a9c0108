"""Steps for bank accounts as the secuconnect API knows them: in containers."""

from lastschrift.apis.secuconnect.ids import parse_container_id
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId
from lastschrift.operations.archive_bank_account import ArchiveBankAccount, archive_bank_account
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from tests.apis.steps.accounts import SEED_IBAN, register
from tests.apis.steps.clients import add_client
from tests.apis.steps.customers import customer
from tests.apis.steps.world import World


async def add_container(world: World, name: str = "customer", iban: str | None = None) -> None:
    number = SEED_IBAN if iban is None else Iban.parse(iban)
    await register(world, customer(world, name), number)


async def add_container_of_another_client(world: World) -> None:
    another = (await add_client(world)).client
    await register(world, customer(world, "customer"), managed_by=another.id)


async def add_container_of_nobody(world: World) -> None:
    await register(world, None)


async def archive_container(world: World) -> None:
    command = ArchiveBankAccount(
        contract_id=world.client.contract_id,
        client_id=world.client.id,
        account_id=_container(world),
    )
    await archive_bank_account(world.house.ports, command)


async def remove_container(world: World) -> None:
    command = DeleteBankAccount(
        contract_id=world.client.contract_id,
        client_id=world.client.id,
        account_id=_container(world),
    )
    await delete_bank_account(world.house.ports, command)


def _container(world: World) -> AccountId:
    account = parse_container_id(world.bindings["container"])
    assert account is not None
    return account
