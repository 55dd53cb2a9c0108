"""One bank account, two views: what one wire registers, the other one knows too."""

import httpx2
import pytest

from lastschrift.domain.access import Client, Scope, Secret
from lastschrift.operations.create_client import CreateClient, create_client
from tests.apis.pace_bodies import SEED_ID
from tests.house import House

pytestmark = pytest.mark.anyio

CONTAINERS = "/api/v2/Payment/Containers"
CUSTOMERS = "/api/v2/Payment/Customers"
PAYMENT_METHODS = "/pay/2024-1/payment-methods"
SEPA_DIRECT_DEBIT = f"{PAYMENT_METHODS}/sepa-direct-debit"

IBAN = "DE89370400440532013000"
ADDRESS = {
    "street": "Haid-und-Neu-Str.",
    "houseNo": "18",
    "postalCode": "76131",
    "city": "Karlsruhe",
    "countryCode": "DE",
}


class Integration:
    """A client that speaks both wires with one token."""

    def __init__(self, house: House, token: str) -> None:
        self._client = house.client
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> httpx2.Response:
        return await self._client.get(path, headers=self._headers)

    async def delete(self, path: str) -> httpx2.Response:
        return await self._client.delete(path, headers=self._headers)

    async def put(self, path: str, **members: object) -> httpx2.Response:
        return await self._client.put(path, headers=self._headers, json=members)

    async def register_container(self, **members: object) -> httpx2.Response:
        body = {"private": {"owner": "John Doe", "iban": IBAN}, **members}
        return await self._client.post(CONTAINERS, headers=self._headers, json=body)

    async def register_payment_method(self, **attributes: object) -> httpx2.Response:
        attributes = {"kind": "sepa", "iban": IBAN, "address": ADDRESS, **attributes}
        return await self._client.post(
            SEPA_DIRECT_DEBIT,
            headers={**self._headers, "Content-Type": "application/vnd.api+json"},
            json={"data": {"id": SEED_ID, "type": "paymentMethod", "attributes": attributes}},
        )

    async def containers(self) -> list[dict[str, object]]:
        data: list[dict[str, object]] = (await self.get(CONTAINERS)).json()["data"]
        return data


async def token_of(house: House, client: Client, secret: Secret) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": client.id.hex,
        "client_secret": secret.reveal(),
        "scope": " ".join(Scope),
    }
    answer = await house.client.post("/oauth/token", data=form)
    token: str = answer.json()["access_token"]
    return token


@pytest.fixture
async def integration(house: House) -> Integration:
    """Return a client of a contract of its own."""
    return Integration(house, await token_of(house, *await house.open_contract()))


@pytest.mark.parametrize(
    ("attributes", "owner"),
    [
        ({"firstName": "Jon", "lastName": "Smith"}, "Jon Smith"),
        ({"firstName": "Jon", "lastName": "Smith", "company": "Clean GmbH"}, "Clean GmbH"),
        ({"lastName": "Smith"}, "Smith"),
        ({}, None),
    ],
)
async def test_a_payment_method_is_a_container_too(
    integration: Integration, attributes: dict[str, str], owner: str | None
) -> None:
    assert (await integration.register_payment_method(**attributes)).status_code == 201
    (container,) = await integration.containers()
    details = {"iban": IBAN, "bic": "COBADEFFXXX", "bankname": "Commerzbank"}
    named = details if owner is None else {"owner": owner, **details}
    assert container["private"] == container["public"] == named
    assert "customer" not in container
    assert (await integration.get(f"{CONTAINERS}/{container['id']}")).json() == container
    assert (await integration.get(CUSTOMERS)).json() == {"count": 0, "data": []}


async def test_a_container_of_a_customer_is_no_payment_method_of_the_clients_payer(
    integration: Integration,
) -> None:
    await integration.register_container()
    assert (await integration.get(PAYMENT_METHODS)).json() == {"data": []}
    assert (await integration.register_payment_method()).status_code == 201
    assert len(await integration.containers()) == 2


async def test_what_pace_deletes_is_gone_on_both_wires(integration: Integration) -> None:
    await integration.register_payment_method()
    (container,) = await integration.containers()
    assert (await integration.delete(f"{PAYMENT_METHODS}/{SEED_ID}")).status_code == 204
    assert await integration.containers() == []
    assert (await integration.get(f"{CONTAINERS}/{container['id']}")).status_code == 404
    assert (await integration.get(f"{PAYMENT_METHODS}/{SEED_ID}")).status_code == 404


@pytest.mark.parametrize("verb", ["DELETE", "PUT archive"])
async def test_what_secuconnect_takes_away_is_gone_on_both_wires(
    integration: Integration, verb: str
) -> None:
    await integration.register_payment_method()
    (container,) = await integration.containers()
    path = f"{CONTAINERS}/{container['id']}"
    taken = await (
        integration.delete(path) if verb == "DELETE" else integration.put(f"{path}/archive")
    )
    assert taken.status_code == 200
    assert await integration.containers() == []
    assert (await integration.get(f"{PAYMENT_METHODS}/{SEED_ID}")).status_code == 404
    assert (await integration.get(PAYMENT_METHODS)).json()["data"] == []
    another = await integration.register_payment_method()
    assert another.status_code == 409, "its IBAN is free again, but not its id"


async def test_what_secuconnect_replaces_pace_shows(integration: Integration) -> None:
    await integration.register_payment_method()
    (container,) = await integration.containers()
    path = f"{CONTAINERS}/{container['id']}"
    replaced = await integration.put(path, private={"iban": "DE37503240001000000524"})
    assert replaced.status_code == 200
    shown = (await integration.get(f"{PAYMENT_METHODS}/{SEED_ID}")).json()["data"]["attributes"]
    assert shown["identificationString"].endswith(" XX 0524")
    again = await integration.register_payment_method(iban="DE37503240001000000524")
    assert again.status_code == 303


async def test_the_location_of_what_is_there_already_is_where_it_is(
    integration: Integration,
) -> None:
    await integration.register_payment_method()
    again = await integration.register_payment_method(company="Another GmbH")
    assert again.status_code == 303
    found = await integration.get(again.headers["location"])
    assert found.json()["data"]["id"] == SEED_ID


async def test_another_contract_sees_nothing_on_either_wire(
    integration: Integration, house: House
) -> None:
    await integration.register_payment_method()
    (container,) = await integration.containers()
    other = Integration(house, await token_of(house, *await house.open_contract()))
    for path in (f"{CONTAINERS}/{container['id']}", f"{PAYMENT_METHODS}/{SEED_ID}"):
        assert (await other.get(path)).status_code == 404
    assert await other.containers() == []
    assert (await other.register_payment_method()).status_code == 201


async def test_what_a_managing_client_registers_only_it_deletes_on_either_wire(
    house: House,
) -> None:
    first, secret = await house.open_contract()
    managing = await create_client(
        house.ports,
        CreateClient(
            contract_id=first.contract_id,
            name="Managing",
            scopes=tuple(Scope),
            has_identity=True,
            manages=True,
        ),
    )
    other = Integration(house, await token_of(house, first, secret))
    manager = Integration(house, await token_of(house, managing.client, managing.secret))
    registered = await manager.register_payment_method()
    assert registered.json()["data"]["attributes"]["managed"] is True
    await manager.register_container()
    paths = [f"{CONTAINERS}/{container['id']}" for container in await other.containers()]
    assert len(paths) == 2
    assert [(await other.delete(path)).status_code for path in paths] == [403, 403]
    assert [(await manager.delete(path)).status_code for path in paths] == [200, 200]
