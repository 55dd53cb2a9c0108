"""The real server and a real provider: users log in there, and pay here."""

import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import httpx2
import pytest

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from lastschrift.domain.access import Secret
from lastschrift.domain.errors import TokenRefused
from lastschrift.domain.users import OutsideUser
from lastschrift.identity_providers.key_store import PAUSE
from lastschrift.identity_providers.provider import Provider
from lastschrift.identity_providers.verifying import REMEMBERED_FOR
from lastschrift.operations.authenticate import authenticate
from tests.cli.installations import command, told_json
from tests.databases import ENGINES, keeping_on
from tests.house import House
from tests.identity_providers.issuer import AUDIENCE
from tests.identity_providers.oidc_provider import OidcProvider, running_provider
from tests.identity_providers.trusting import trusting
from tests.serving import RunningServer, running_sandbox

METHODS = "/pay/2024-1/payment-methods"
SEPA = f"{METHODS}/sepa-direct-debit"
CUSTOMERS = "/api/v2/Payment/Customers"
CONTAINERS = "/api/v2/Payment/Containers"
IBAN = "DE89370400440532013000"
CREATE, READ = "pay:payment-methods:create:sepa", "pay:payment-methods:read"
ALGORITHMS = ("RS256", "ES256", "EdDSA")

PAYMENT_METHOD = {
    "data": {
        "type": "paymentMethod",
        "attributes": {
            "kind": "sepa",
            "iban": IBAN,
            "firstName": "Jon",
            "lastName": "Smith",
            "address": {
                "street": "Haid-und-Neu-Str.",
                "houseNo": "18",
                "postalCode": "76131",
                "city": "Karlsruhe",
                "countryCode": "DE",
            },
        },
    }
}


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with running_provider(*ALGORITHMS) as running:
        yield running


@pytest.fixture(scope="module", params=ENGINES)
def server(request: pytest.FixtureRequest, provider: OidcProvider) -> Iterator[RunningServer]:
    """Return a sandbox that takes the provider's tokens for its own client's."""
    variables = trusting_variables(provider)
    with keeping_on(request.param) as options, running_sandbox(None, *options, **variables) as up:
        yield up


def trusting_variables(provider: OidcProvider) -> dict[str, str]:
    trusted = {"issuer": provider.url, "audience": AUDIENCE, "client": DEMO_CLIENT_ID}
    return {"LASTSCHRIFT_IDENTITY_PROVIDER": json.dumps([trusted])}


class App:
    """An app that asks with the token of a user who has logged in to it."""

    def __init__(self, server: RunningServer, token: str) -> None:
        self._url = server.url
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(self._url + path, headers=self._headers)

    def post(self, path: str, body: object, content_type: str) -> httpx2.Response:
        headers = {**self._headers, "Content-Type": content_type}
        return httpx2.post(self._url + path, headers=headers, content=json.dumps(body))

    def register(self) -> httpx2.Response:
        return self.post(SEPA, PAYMENT_METHOD, "application/vnd.api+json")

    def methods(self) -> httpx2.Response:
        return self.get(METHODS)


class Merchant(App):
    """The merchant's own software, on the other wire."""

    def __init__(self, server: RunningServer) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": DEMO_CLIENT_ID,
            "client_secret": DEMO_CLIENT_SECRET,
        }
        told = httpx2.post(f"{server.url}/oauth/token", data=form).json()
        super().__init__(server, told["access_token"])

    def save(self, path: str, body: object) -> httpx2.Response:
        return self.post(path, body, "application/json")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_who_logs_in_registers_an_account_once(
    server: RunningServer, provider: OidcProvider, algorithm: str
) -> None:
    user = f"jon.smith@{algorithm}"
    app = App(server, provider.log_in(user, f"{CREATE} {READ}", algorithm).access)
    created = app.register()
    assert created.status_code == 201
    assert app.register().status_code == 303
    assert app.methods().json()["data"] == [created.json()["data"]]
    again = App(server, provider.log_in(user, READ, algorithm).access)
    assert again.methods().json()["data"] == [created.json()["data"]]
    assert again.register().status_code == 403


def test_another_user_has_nothing(server: RunningServer, provider: OidcProvider) -> None:
    first = App(server, provider.log_in("first", f"{CREATE} {READ}").access)
    assert first.register().status_code == 201
    second = App(server, provider.log_in("second", f"{CREATE} {READ}").access)
    assert second.methods().json() == {"data": []}
    assert second.register().status_code == 201


def test_a_token_for_the_app_itself_is_none_for_us(
    server: RunningServer, provider: OidcProvider
) -> None:
    app = App(server, provider.log_in("jon.smith", READ).identity)
    assert app.methods().status_code == 401


def test_a_user_opens_nothing_of_the_merchants(
    server: RunningServer, provider: OidcProvider
) -> None:
    app = App(server, provider.log_in("jon.smith", "https://scope.secucard.com/e/api").access)
    assert app.get(CUSTOMERS).status_code == 403


def test_a_user_that_a_command_links_to_a_customer_has_the_customers_accounts(
    server: RunningServer, provider: OidcProvider
) -> None:
    shop = Merchant(server)
    contact = {"contact": {"forename": "Jane", "surname": "Doe"}}
    customer = shop.save(CUSTOMERS, contact).json()["id"]
    link = ("identity", "link", provider.url, "jane.doe", "--customer", customer)
    assert told_json(server.directory, *link)["kind"] == "customer"

    app = App(server, provider.log_in("jane.doe", f"{CREATE} {READ}").access)
    assert app.register().status_code == 201
    account = {"customer": customer, "private": {"owner": "Jane Doe", "iban": IBAN}}
    assert shop.save(CONTAINERS, account).status_code == 409
    another = {"customer": customer, "private": {"owner": "J", "iban": "AT611904300234573201"}}
    assert shop.save(CONTAINERS, another).status_code == 200
    assert len(app.methods().json()["data"]) == 2


def test_the_doctor_tells_how_many_keys_it_has(
    server: RunningServer, provider: OidcProvider
) -> None:
    told = command("doctor", "--data", str(server.directory), **trusting_variables(provider))
    assert f"{provider.url} (lastschrift): 3 keys" in told.stdout


@pytest.mark.anyio
async def test_new_keys_of_a_provider_are_found_and_its_old_ones_count_no_more(
    house: House,
) -> None:
    client, _ = await house.open_contract()
    house.clock.set(datetime.now(UTC))
    async with AsyncExitStack() as opened:
        with running_provider("RS256") as first:
            old = Secret(first.log_in("jon.smith", READ).access)
            trusted = Provider(issuer=first.url, audience=AUDIENCE, client_id=client.id)
            ports = (await opened.enter_async_context(trusting(house, trusted))).ports
            assert (await authenticate(ports, old)).user == OutsideUser(first.url, "jon.smith")
        with running_provider("RS256", port=first.port) as second:
            new = Secret(second.log_in("jon.smith", READ).access)
            house.clock.advance(PAUSE.total_seconds())
            assert (await authenticate(ports, new)).user == OutsideUser(first.url, "jon.smith")
            house.clock.advance(REMEMBERED_FOR.total_seconds())
            with pytest.raises(TokenRefused):
                await authenticate(ports, old)
