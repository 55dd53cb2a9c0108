"""What golden exchanges are given: each ``# given:`` line is a step, done before the request.

Steps go through the operations, not the wire, so that an exchange rests on nothing but its own API.
What a step makes is bound to a name (``{token}``, ``{customer}``) for the request and the answer.
"""

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from lastschrift.apis.secuconnect.ids import (
    container_id,
    contract_id,
    customer_id,
    parse_customer_id,
)
from lastschrift.cli.demo import DEMO_CLIENT_SECRET, add_demo
from lastschrift.domain.access import TOKEN_LIFETIME, Client, Scope, Secret
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.iban import Iban
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import AccountId
from lastschrift.domain.party import Address, Party
from lastschrift.operations.create_client import CreateClient, CreatedClient, create_client
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.issue_access_token import IssueAccessToken, issue_access_token
from lastschrift.operations.ports import Ports, Store
from lastschrift.operations.register_bank_account import (
    RegisterBankAccount,
    register_bank_account,
)
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.operations.register_debtor_once import register_debtor_once
from lastschrift.operations.revoke_client import revoke_client
from tests.apis.golden import Bindings, Exchange, ask
from tests.house import House, reopened

SEED_IBAN = Iban.parse("DE89370400440532013000")


@dataclass(slots=True, kw_only=True)
class World:
    """What an exchange happens in: a sandbox, and who asks for tokens there."""

    house: House
    exchange: Exchange
    bindings: Bindings
    client: Client
    secret: Secret
    cleanup: AsyncExitStack


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


class UnknownStep(Exception):
    """A ``given`` line that names no step."""


async def do_step(world: World, given: str) -> None:
    """Do the step of that name.

    Raises: UnknownStep.
    """
    for pattern, step in STEPS.items():
        match = re.fullmatch(pattern, given)
        if match is not None:
            await step(world, *match.groups())
            return
    raise UnknownStep(given)


# --- time and clients -----------------------------------------------------------------------------


async def set_clock(world: World, instant: str) -> None:
    world.house.clock.set(datetime.fromisoformat(instant))


async def advance_clock(world: World, seconds: str) -> None:
    world.house.clock.advance(int(seconds))


async def use_client_with_scopes(world: World, scopes: str) -> None:
    _use(world, await _create_client(world, scopes=[Scope(scope) for scope in scopes.split()]))


async def use_client_without_identity(world: World) -> None:
    _use(world, await _create_client(world, has_identity=False))


async def use_client_of_another_contract(world: World) -> None:
    client, secret = await world.house.open_contract(name="Another")
    _use(world, CreatedClient(client, secret))


async def revoke(world: World) -> None:
    await revoke_client(world.house.ports, world.client.id)


async def _create_client(
    world: World, *, scopes: Sequence[Scope] = tuple(Scope), has_identity: bool = True
) -> CreatedClient:
    command = CreateClient(
        contract_id=world.client.contract_id,
        name="Another client",
        scopes=scopes,
        has_identity=has_identity,
    )
    return await create_client(world.house.ports, command)


def _use(world: World, created: CreatedClient) -> None:
    world.client, world.secret = created.client, created.secret
    world.bindings["client-id"] = created.client.id.hex
    world.bindings["client-secret"] = created.secret.reveal()
    world.bindings["contract"] = contract_id(created.client.contract_id)


# --- tokens ---------------------------------------------------------------------------------------


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


# --- customers ------------------------------------------------------------------------------------


async def add_customer(world: World, name: str = "customer") -> None:
    command = RegisterDebtor(
        contract_id=world.client.contract_id, client_id=world.client.id, contact=SEED_CONTACT
    )
    debtor = await register_debtor(world.house.ports, command)
    world.bindings[name] = customer_id(debtor.id)


async def add_customer_with_key(world: World, key: str) -> None:
    command = RegisterDebtor(
        contract_id=world.client.contract_id, client_id=world.client.id, contact=SEED_CONTACT
    )
    once = await register_debtor_once(world.house.ports, command, IdempotencyKey.parse(key))
    world.bindings["customer"] = customer_id(once.result.id)


async def add_foreign_customer(world: World) -> None:
    ours = world.client, world.secret
    world.client, world.secret = await world.house.open_contract(name="Another")
    await add_customer(world)
    world.client, world.secret = ours


async def add_customer_with_this_account(world: World) -> None:
    await add_customer(world)
    await ask_before(world)


SEED_CONTACT = Party(  # seed "Save the customer (payer) data", section Request, without dob
    salutation="Mr.",
    title="Dr.",
    given_name="John",
    family_name="Doe",
    company="Example Inc.",
    email="example@example.com",
    phone="0049-123-456789",
    mobile="0049-987-654321",
    address=Address(
        street="Example Street",
        building_number="6a",
        post_code="01234",
        town="Examplecity",
        country="DE",
    ),
)


# --- bank accounts --------------------------------------------------------------------------------


async def add_container(world: World) -> None:
    customer = parse_customer_id(world.bindings["customer"])
    assert customer is not None
    await _register(world, DebtorRef(customer, DebtorKind.CUSTOMER))


async def add_container_of_nobody(world: World) -> None:
    await _register(world, None)


async def add_payment_method(world: World) -> None:
    assert world.client.identity is not None
    await _register(world, DebtorRef(world.client.identity, DebtorKind.SERVICE_IDENTITY))


async def add_deleted_payment_method(world: World) -> None:
    await add_payment_method(world)
    assert world.client.identity is not None
    command = DeleteBankAccount(
        contract_id=world.client.contract_id,
        client_id=world.client.id,
        debtor_id=world.client.identity,
        account_id=AccountId(UUID(world.bindings["method"])),
    )
    await delete_bank_account(world.house.ports, command)


async def add_payment_method_of_another_user(world: World) -> None:
    ours = world.client
    world.client = (await _create_client(world)).client
    await add_payment_method(world)
    world.client = ours


async def add_payment_method_of_another_contract(world: World) -> None:
    ours = world.client
    world.client, _ = await world.house.open_contract(name="Another")
    await add_payment_method(world)
    world.client = ours


async def _register(world: World, debtor: DebtorRef | None) -> None:
    command = RegisterBankAccount(
        contract_id=world.client.contract_id,
        client_id=world.client.id,
        debtor=debtor,
        account_id=None,
        iban=SEED_IBAN,
        bic="COBADEFFXXX",
        bank_name="Commerzbank",
        owner="John Doe",
        holder=None,
    )
    revealed = await register_bank_account(world.house.ports, command)
    world.bindings["container"] = container_id(revealed.account.id)
    world.bindings["method"] = str(revealed.account.id)


async def ask_before(world: World, made: str | None = None) -> None:
    answer = await ask(world.house.client, world.exchange.request, world.bindings)
    assert answer.is_success, answer.text
    if made is not None:
        world.bindings[made] = answer.json()["id"]


# --- how it is served -----------------------------------------------------------------------------


class BreakingStore:
    """A store that reads, and breaks in a way that nobody thought of when it is to write."""

    def __init__(self, store: Store) -> None:
        self.read = store.read
        self.scan = store.scan

    async def write(self, operation: object) -> NoReturn:
        raise RuntimeError(operation)

    async def write_batched(self, operation: object, command: object) -> NoReturn:
        raise RuntimeError(operation)


async def break_store(world: World) -> None:
    await _serve_from(world, BreakingStore(world.house.store))


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


# --- their names ----------------------------------------------------------------------------------

STEPS: Mapping[str, Callable[..., Coroutine[Any, Any, None]]] = {
    r"it is (\S+)": set_clock,
    r"(\d+) seconds later": advance_clock,
    r"a client that may have (.+)": use_client_with_scopes,
    r"a client without identity": use_client_without_identity,
    r"a client of another contract": use_client_of_another_contract,
    r"the client is revoked": revoke,
    r"a token": get_token,
    r"a token with (.+)": get_token,
    r"an expired token": get_expired_token,
    r"a customer": add_customer,
    r"a customer called (\S+)": add_customer,
    r"a customer saved with the key (\S+)": add_customer_with_key,
    r"a customer of another contract": add_foreign_customer,
    r"a customer with this bank account": add_customer_with_this_account,
    r"a bank account of the customer": add_container,
    r"a bank account of nobody": add_container_of_nobody,
    r"a payment method": add_payment_method,
    r"a deleted payment method": add_deleted_payment_method,
    r"a payment method of another user": add_payment_method_of_another_user,
    r"a payment method of another contract": add_payment_method_of_another_contract,
    r"the same request before": ask_before,
    r"the same request before, which made a (\S+)": ask_before,
    r"a store that breaks when it writes": break_store,
    r"a full queue": fill_queue,
    r"the public URL (\S+)": set_public_url,
}
