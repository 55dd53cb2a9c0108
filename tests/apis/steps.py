"""What golden exchanges are given: each ``# given:`` line is a step, done before the request.

Steps go through the operations, not the wire, so that an exchange rests on nothing but its own API.
What a step makes is bound to a name (``{token}``, ``{customer}``) for the request and the answer.
"""

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from msgspec import UNSET, UnsetType

from lastschrift.apis.secuconnect.ids import (
    container_id,
    contract_id,
    customer_id,
    parse_container_id,
    parse_customer_id,
)
from lastschrift.cli.demo import DEMO_CLIENT_SECRET, add_demo
from lastschrift.domain.access import TOKEN_LIFETIME, Client, IdentityLinking, Scope, Secret
from lastschrift.domain.bank_account import AuthorisationAttribute
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import CredentialsRefused, LockedTooLong, SearchTooBroad
from lastschrift.domain.iban import Iban
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import AccountId, ClientId
from lastschrift.domain.party import Address, Party
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.archive_bank_account import (
    ArchiveBankAccount,
    archive_bank_account,
)
from lastschrift.operations.begin_bank_account_scroll import begin_bank_account_scroll
from lastschrift.operations.begin_debtor_scroll import begin_debtor_scroll
from lastschrift.operations.change_identity_linking import change_identity_linking
from lastschrift.operations.create_client import CreateClient, CreatedClient, create_client
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.delete_debtor import DeleteDebtor, delete_debtor
from lastschrift.operations.issue_access_token import IssueAccessToken, issue_access_token
from lastschrift.operations.link_user import LinkUser, link_user
from lastschrift.operations.ports import Everything, Ports, Store
from lastschrift.operations.register_bank_account import (
    RegisterBankAccount,
    register_bank_account,
)
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.operations.register_debtor_once import register_debtor_once
from lastschrift.operations.revoke_access_token import RevokeAccessToken, revoke_access_token
from lastschrift.operations.revoke_client import revoke_client
from lastschrift.operations.scrolling import BeginScroll
from lastschrift.operations.update_account_usage import (
    UpdateAccountUsage,
    update_account_usage,
)
from lastschrift.web.limits import Attempt
from tests.apis.golden import Bindings, Exchange, ask
from tests.house import CLIENT_FAILURES_MAX, PEER, SOURCE_FAILURES_MAX, House, reopened
from tests.identity_providers.issuer import CONFIGURATION_PATH, Issuer, answer
from tests.identity_providers.trusting import trusting

SEED_IBAN = Iban.parse("DE89370400440532013000")
OTHER_IBAN = Iban.parse("AT611904300234573201")


@dataclass(slots=True, kw_only=True)
class World:
    """What an exchange happens in: a sandbox, and who asks for tokens there."""

    house: House
    exchange: Exchange
    bindings: Bindings
    client: Client
    secret: Secret
    cleanup: AsyncExitStack
    issuer: Issuer | None = None


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


async def use_client_that_manages(world: World) -> None:
    _use(world, await _create_client(world, manages=True))


async def use_client_of_another_contract(world: World) -> None:
    client, secret = await world.house.open_contract(name="Another")
    _use(world, CreatedClient(client, secret))


async def revoke(world: World) -> None:
    await revoke_client(world.house.ports, world.client.id)


async def _create_client(
    world: World,
    *,
    scopes: Sequence[Scope] = tuple(Scope),
    has_identity: bool = True,
    manages: bool = False,
) -> CreatedClient:
    command = CreateClient(
        contract_id=world.client.contract_id,
        name="Another client",
        scopes=scopes,
        has_identity=has_identity,
        manages=manages,
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


async def get_revoked_token(world: World) -> None:
    await get_token(world)
    command = RevokeAccessToken(
        client_id=world.client.id,
        client_secret=world.secret,
        token=Secret(world.bindings["token"]),
    )
    await revoke_access_token(world.house.ports, command)


async def get_token_of_another_client(world: World) -> None:
    created = await _create_client(world)
    await _get_token_of(world, created.client, created.secret)
    world.bindings["client-id"] = created.client.id.hex


async def get_token_of_a_revoked_client(world: World) -> None:
    created = await _create_client(world)
    await _get_token_of(world, created.client, created.secret)
    await revoke_client(world.house.ports, created.client.id)


async def get_token_of_another_contract(world: World) -> None:
    await _get_token_of(world, *await world.house.open_contract(name="Another"))


async def _get_token_of(world: World, client: Client, secret: Secret) -> None:
    ours = world.client, world.secret
    world.client, world.secret = client, secret
    await get_token(world)
    world.client, world.secret = ours


# --- guessing -------------------------------------------------------------------------------------


async def guess_secrets(world: World, client_id: str) -> None:
    for number in range(CLIENT_FAILURES_MAX):
        secret = Secret(f"wrong {number}")
        _fail(world, Attempt.of(PEER, secret, ClientId(UUID(hex=client_id))))


async def guess_tokens(world: World) -> None:
    for number in range(SOURCE_FAILURES_MAX):
        _fail(world, Attempt.of(PEER, Secret(f"wrong {number}")))


def _fail(world: World, attempt: Attempt) -> None:
    with suppress(CredentialsRefused), world.house.limits.counting(attempt):
        raise CredentialsRefused


# --- identity providers ---------------------------------------------------------------------------


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
    await _register(world, await link_user(world.house.ports, command))


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


async def remove_customer(world: World) -> None:
    command = DeleteDebtor(
        contract_id=world.client.contract_id,
        client_id=world.client.id,
        debtor_id=_customer(world, "customer").id,
    )
    await delete_debtor(world.house.ports, command)


def _customer(world: World, name: str) -> DebtorRef:
    customer = parse_customer_id(world.bindings[name])
    assert customer is not None
    return DebtorRef(customer, DebtorKind.CUSTOMER)


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


async def begin_scroll_of_customers(world: World) -> None:
    begin = BeginScroll(
        condition=Everything(), is_descending=False, count=1, lifetime_s=300, shown="{}"
    )
    batch = await begin_debtor_scroll(world.house.ports, world.client.contract_id, begin)
    world.bindings["scroll"] = batch.scroll_id.hex


async def begin_scroll_of_containers(world: World) -> None:
    begin = BeginScroll(
        condition=Everything(),
        is_descending=False,
        count=1,
        lifetime_s=300,
        shown='{"fields": "id,private.iban"}',
    )
    batch = await begin_bank_account_scroll(world.house.ports, world.client.contract_id, begin)
    world.bindings["scroll"] = batch.scroll_id.hex


# --- bank accounts --------------------------------------------------------------------------------


async def add_container(world: World, name: str = "customer", iban: str | None = None) -> None:
    number = SEED_IBAN if iban is None else Iban.parse(iban)
    await _register(world, _customer(world, name), number)


async def add_container_of_another_client(world: World) -> None:
    another = (await _create_client(world)).client
    await _register(world, _customer(world, "customer"), managed_by=another.id)


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


async def add_container_of_nobody(world: World) -> None:
    await _register(world, None)


async def add_payment_method(world: World, account_id: str | None = None) -> None:
    await _register(
        world,
        _identity(world.client),
        account_id=None if account_id is None else AccountId(UUID(account_id)),
    )


async def add_another_payment_method(world: World) -> None:
    first = world.bindings["method"]
    world.house.clock.advance(1)
    await _register(world, _identity(world.client), iban=OTHER_IBAN)
    world.bindings["other"], world.bindings["method"] = world.bindings["method"], first


async def add_managed_payment_method(world: World) -> None:
    await _register(world, _identity(world.client), managed_by=world.client.id)


async def add_payment_method_managed_by_another(world: World) -> None:
    another = (await _create_client(world)).client
    await _register(world, _identity(world.client), managed_by=another.id)


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
    world.client = (await _create_client(world)).client
    await add_payment_method(world)
    world.client = ours


async def add_payment_method_of_another_contract(world: World) -> None:
    ours = world.client
    world.client, _ = await world.house.open_contract(name="Another")
    await add_payment_method(world)
    world.client = ours


async def _register(
    world: World,
    debtor: DebtorRef | None,
    iban: Iban = SEED_IBAN,
    *,
    account_id: AccountId | None = None,
    managed_by: ClientId | None = None,
) -> None:
    command = RegisterBankAccount(
        contract_id=world.client.contract_id,
        client_id=world.client.id,
        debtor=debtor,
        account_id=account_id,
        iban=iban,
        bic="COBADEFFXXX",
        bank_name="Commerzbank",
        owner="John Doe",
        holder=None,
        managed_by=managed_by,
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


# --- their names ----------------------------------------------------------------------------------

STEPS: Mapping[str, Callable[..., Coroutine[Any, Any, None]]] = {
    r"it is (\S+)": set_clock,
    r"(\d+) seconds later": advance_clock,
    r"a client that may have (.+)": use_client_with_scopes,
    r"a client without identity": use_client_without_identity,
    r"a client that manages": use_client_that_manages,
    r"a client of another contract": use_client_of_another_contract,
    r"the client is revoked": revoke,
    r"a token": get_token,
    r"a token with (.+)": get_token,
    r"an expired token": get_expired_token,
    r"a revoked token": get_revoked_token,
    r"a token of another client": get_token_of_another_client,
    r"a token of a revoked client": get_token_of_a_revoked_client,
    r"a token of another contract": get_token_of_another_contract,
    r"too many wrong secrets shown for ([0-9a-f]{32})": guess_secrets,
    r"too many wrong tokens": guess_tokens,
    r"an identity provider": trust_provider,
    r"an identity provider that is down": trust_provider_that_is_down,
    r"a token of its user (\S+) with (.+)": get_token_of_user,
    r"an expired token of its user (\S+)": get_expired_token_of_user,
    r"the contract links identities by command": link_by_command,
    r"a payment method of its user (\S+)": add_payment_method_of_user,
    r"a customer": add_customer,
    r"a customer called (\S+)": add_customer,
    r"customers that are read one by one": begin_scroll_of_customers,
    r"containers that are read one by one": begin_scroll_of_containers,
    r"lists that take too long": slow_lists_down,
    r"a customer saved with the key (\S+)": add_customer_with_key,
    r"a customer of another contract": add_foreign_customer,
    r"a customer with this bank account": add_customer_with_this_account,
    r"the customer is deleted": remove_customer,
    r"a bank account of the customer": add_container,
    r"a bank account of the customer called (\S+)": add_container,
    r"a bank account of the (customer) with the IBAN (\S+)": add_container,
    r"a bank account of the customer that another client manages": add_container_of_another_client,
    r"the bank account is archived": archive_container,
    r"the bank account is deleted": remove_container,
    r"a bank account of nobody": add_container_of_nobody,
    r"a payment method": add_payment_method,
    r"a payment method ([0-9a-f-]{36})": add_payment_method,
    r"another payment method": add_another_payment_method,
    r"a payment method that the client manages": add_managed_payment_method,
    r"a payment method that another client manages": add_payment_method_managed_by_another,
    r"the payment method's alias is (.+)": set_alias,
    r"the payment method expires at (\S+)": set_expiry,
    r"the payment method asks for (\S+)": set_authorisation,
    r"a deleted payment method": add_deleted_payment_method,
    r"a payment method of another user": add_payment_method_of_another_user,
    r"a payment method of another contract": add_payment_method_of_another_contract,
    r"the same request before": ask_before,
    r"the same request before, which made a (\S+)": ask_before,
    r"a store that breaks when it writes": break_store,
    r"a full queue": fill_queue,
    r"the same request, still running": lock_store,
    r"the public URL (\S+)": set_public_url,
}
