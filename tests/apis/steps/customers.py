"""Steps that add customers, and delete them."""

from lastschrift.apis.secuconnect.ids import customer_id, parse_customer_id
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.party import Address, Party
from lastschrift.operations.delete_debtor import DeleteDebtor, delete_debtor
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.operations.register_debtor_once import register_debtor_once
from tests.apis.steps.repeating import ask_before
from tests.apis.steps.world import World

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


async def remove_customer(world: World) -> None:
    command = DeleteDebtor(
        contract_id=world.client.contract_id,
        client_id=world.client.id,
        debtor_id=customer(world, "customer").id,
    )
    await delete_debtor(world.house.ports, command)


def customer(world: World, name: str) -> DebtorRef:
    """Return the customer of that name."""
    customer = parse_customer_id(world.bindings[name])
    assert customer is not None
    return DebtorRef(customer, DebtorKind.CUSTOMER)
