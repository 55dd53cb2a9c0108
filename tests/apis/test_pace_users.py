"""Users of outside identity providers on the wires: what they see, and who sees theirs."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest

from lastschrift.apis.secuconnect.ids import customer_id, parse_customer_id
from lastschrift.domain.access import Scope
from lastschrift.domain.identity import DebtorId
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.link_user import LinkUser, link_user
from lastschrift.operations.revoke_client import revoke_client
from lastschrift.operations.unlink_user import unlink_user
from tests.apis.pace_bodies import LEFT_OUT, SEED_ID, create_body
from tests.house import House
from tests.identity_providers.trusting import EVERY_SCOPE, Trust, trust

pytestmark = pytest.mark.anyio

METHODS = "/pay/2024-1/payment-methods"
SEPA = f"{METHODS}/sepa-direct-debit"
METHOD = f"{METHODS}/{SEED_ID}"
CUSTOMERS = "/api/v2/Payment/Customers"
CONTAINERS = "/api/v2/Payment/Containers"
IBAN = "DE89370400440532013000"
OTHER_IBAN = "AT611904300234573201"

JsonApi = {"Content-Type": "application/vnd.api+json"}
OF_JON = {"filter[userID]": "jon.smith"}


@pytest.fixture
async def trusted(house: House) -> AsyncIterator[Trust]:
    async with trust(house) as opened:
        yield opened


async def create(
    trusted: Trust, sub: str = "jon.smith", scope: str = EVERY_SCOPE, *, iban: str = IBAN
) -> httpx2.Response:
    body = create_body(id=LEFT_OUT, attributes={"iban": iban})
    headers = {**trusted.bearer(sub, scope), **JsonApi}
    return await trusted.house.client.post(SEPA, headers=headers, content=body)


async def listed(
    trusted: Trust, sub: str = "jon.smith", scope: str = EVERY_SCOPE, **query: str
) -> httpx2.Response:
    return await trusted.house.client.get(METHODS, headers=trusted.bearer(sub, scope), params=query)


def ids(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["data"]]


def codes(answer: httpx2.Response) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


# --- a user ---------------------------------------------------------------------------------------


async def test_a_user_registers_lists_reads_and_deletes(trusted: Trust) -> None:
    created = await create(trusted)
    assert created.status_code == 201
    account = created.json()["data"]["id"]
    again = await create(trusted)
    assert again.status_code == 303
    assert again.headers["Location"].endswith(account)
    assert ids(await listed(trusted)) == [account]
    headers = trusted.bearer()
    path = f"{METHODS}/{account}"
    assert (await trusted.house.client.get(path, headers=headers)).status_code == 200
    assert (await trusted.house.client.delete(path, headers=headers)).status_code == 204
    assert ids(await listed(trusted)) == []


async def test_a_users_methods_are_nobody_elses(trusted: Trust) -> None:
    account = (await create(trusted)).json()["data"]["id"]
    assert (await create(trusted, "another")).status_code == 201
    assert ids(await listed(trusted)) == [account]
    for method in ("GET", "DELETE"):
        answer = await trusted.house.client.request(
            method, f"{METHODS}/{account}", headers=trusted.bearer("another")
        )
        assert answer.status_code == 404


async def test_many_first_registrations_at_once_are_one_payers(trusted: Trust) -> None:
    answers = await asyncio.gather(*(create(trusted) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [303] * 9


async def test_the_next_request_knows_the_payer_at_once(trusted: Trust) -> None:
    assert ids(await listed(trusted)) == []
    assert (await create(trusted)).status_code == 201
    assert len(ids(await listed(trusted))) == 1


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("pay:payment-methods:create", 201),
        ("pay:payment-methods:create:sepa", 201),
        ("pay:payment-methods:create:paypal", 403),
        ("pay:payment-methods:read", 403),
        ("", 403),
    ],
)
async def test_a_users_token_needs_the_scope(trusted: Trust, scope: str, status: int) -> None:
    assert (await create(trusted, scope=scope)).status_code == status


async def test_without_the_scope_nobody_is_linked(trusted: Trust) -> None:
    assert (await create(trusted, scope="openid")).status_code == 403
    await trusted.link_by_command()
    assert (await create(trusted)).status_code == 401


async def test_until_a_command_links_a_user_it_is_told_so(trusted: Trust) -> None:
    await trusted.link_by_command()
    for answer in (await create(trusted), await listed(trusted)):
        assert answer.status_code == 401
        assert codes(answer) == ["missing-linked-identity"]
    await link_user(
        trusted.house.ports,
        LinkUser(contract_id=trusted.contract, user=OutsideUser(trusted.issuer.url, "jon.smith")),
    )
    assert (await create(trusted)).status_code == 201


async def test_a_revoked_client_ends_its_providers_tokens(trusted: Trust) -> None:
    assert (await create(trusted)).status_code == 201
    await revoke_client(trusted.house.ports, trusted.client.id)
    trusted.house.bearer.forget()
    answer = await listed(trusted)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


async def test_a_provider_that_is_down_is_no_fault_of_the_token(trusted: Trust) -> None:
    trusted.issuer.answers["/.well-known/openid-configuration"] = b"HTTP/1.1 503 X\r\n\r\n"
    answer = await listed(trusted)
    assert answer.status_code == 503
    assert (codes(answer), answer.headers["Retry-After"]) == (["1001"], "10")


async def test_a_users_token_opens_nothing_of_the_merchants(trusted: Trust) -> None:
    for path in (CUSTOMERS, CONTAINERS):
        answer = await trusted.house.client.get(path, headers=trusted.bearer())
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({}, "fuel-app"),
        ({"azp": None, "client_id": "other-app"}, "other-app"),
        ({"azp": None}, None),
        ({"azp": ""}, None),
        ({"azp": "a\r\nSet-Cookie: b"}, None),
        ({"azp": "ä"}, None),
    ],
)
async def test_an_answer_names_the_app_that_was_given_the_token(
    trusted: Trust, claims: dict[str, object], told: str | None
) -> None:
    token = trusted.issuer.token(scope=EVERY_SCOPE, **claims).reveal()
    headers = {"Authorization": f"Bearer {token}"}
    for path in (METHODS, f"{METHODS}/nothing", "/pay/2024-1/nothing"):
        answer = await trusted.house.client.get(path, headers=headers)
        assert answer.headers.get("Client-ID") == told


# --- two views ------------------------------------------------------------------------------------


class Merchant:
    """The contract's own client, on the other wire."""

    def __init__(self, trusted: Trust, token: str) -> None:
        self._client = trusted.house.client
        self._headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    async def of(cls, trusted: Trust) -> "Merchant":
        form = {
            "grant_type": "client_credentials",
            "client_id": trusted.client.id.hex,
            "client_secret": trusted.secret.reveal(),
            "scope": Scope.SECUCONNECT,
        }
        answer = await trusted.house.client.post("/oauth/token", data=form)
        return cls(trusted, answer.json()["access_token"])

    async def add_customer(self) -> DebtorId:
        body = {"contact": {"forename": "Jon", "surname": "Smith"}}
        answer = await self._client.post(CUSTOMERS, headers=self._headers, json=body)
        debtor = parse_customer_id(answer.json()["id"])
        assert debtor is not None
        return debtor

    async def add_container(self, debtor: DebtorId, iban: str = IBAN) -> httpx2.Response:
        body = {
            "type": "bank_account",
            "customer": customer_id(debtor),
            "private": {"owner": "Jon Smith", "iban": iban},
        }
        return await self._client.post(CONTAINERS, headers=self._headers, json=body)

    async def containers(self) -> list[dict[str, object]]:
        answer = await self._client.get(CONTAINERS, headers=self._headers)
        data: list[dict[str, object]] = answer.json()["data"]
        return data

    async def delete(self, path: str) -> httpx2.Response:
        return await self._client.delete(path, headers=self._headers)


async def linked_customer(trusted: Trust, merchant: Merchant) -> DebtorId:
    """Save a customer, and link the provider's user to it."""
    debtor = await merchant.add_customer()
    user = OutsideUser(trusted.issuer.url, "jon.smith")
    command = LinkUser(contract_id=trusted.contract, user=user, debtor_id=debtor)
    await link_user(trusted.house.ports, command)
    return debtor


async def test_what_a_linked_user_registers_is_the_customers(trusted: Trust) -> None:
    merchant = await Merchant.of(trusted)
    debtor = await linked_customer(trusted, merchant)
    assert (await create(trusted)).status_code == 201
    (container,) = await merchant.containers()
    assert container["customer"]["id"] == customer_id(debtor)  # type: ignore[index]  # JSON
    assert container["private"]["iban"] == IBAN  # type: ignore[index]  # JSON


async def test_what_a_customer_has_is_the_linked_users(trusted: Trust) -> None:
    merchant = await Merchant.of(trusted)
    debtor = await linked_customer(trusted, merchant)
    assert (await merchant.add_container(debtor)).status_code == 200
    (method,) = (await listed(trusted)).json()["data"]
    assert method["attributes"]["identificationString"] == "COMMERZBANK XX 3000"


async def test_a_duplicate_is_one_whichever_wire_was_first(trusted: Trust) -> None:
    merchant = await Merchant.of(trusted)
    debtor = await linked_customer(trusted, merchant)
    assert (await create(trusted)).status_code == 201
    second = await merchant.add_container(debtor)
    assert (second.status_code, second.json()["error"]) == (409, "ProductDuplicateException")

    assert (await merchant.add_container(debtor, OTHER_IBAN)).status_code == 200
    third = await create(trusted, iban=OTHER_IBAN)
    assert third.status_code == 303
    assert third.headers["Location"].split("/")[-1] in ids(await listed(trusted))
    assert len(await merchant.containers()) == 2


async def test_what_one_wire_deletes_is_gone_on_the_other(trusted: Trust) -> None:
    merchant = await Merchant.of(trusted)
    debtor = await linked_customer(trusted, merchant)
    account = (await create(trusted)).json()["data"]["id"]
    path = f"{METHODS}/{account}"
    gone = await trusted.house.client.delete(path, headers=trusted.bearer())
    assert gone.status_code == 204
    assert await merchant.containers() == []

    container = (await merchant.add_container(debtor)).json()["id"]
    assert (await merchant.delete(f"{CONTAINERS}/{container}")).status_code == 200
    assert ids(await listed(trusted)) == []


async def test_a_user_whose_customer_is_deleted_begins_anew(trusted: Trust) -> None:
    merchant = await Merchant.of(trusted)
    debtor = await linked_customer(trusted, merchant)
    await create(trusted)
    assert (await merchant.delete(f"{CUSTOMERS}/{customer_id(debtor)}")).status_code == 200
    trusted.house.clock.advance(1)
    assert ids(await listed(trusted)) == []
    assert (await create(trusted)).status_code == 201
    (container,) = await merchant.containers()
    assert "customer" not in container


async def test_an_unlinked_user_has_nothing_and_the_customer_keeps_it(trusted: Trust) -> None:
    merchant = await Merchant.of(trusted)
    await linked_customer(trusted, merchant)
    await create(trusted)
    user = OutsideUser(trusted.issuer.url, "jon.smith")
    await unlink_user(trusted.house.ports, trusted.contract, user)
    trusted.house.bearer.forget()
    assert ids(await listed(trusted)) == []
    assert len(await merchant.containers()) == 1


# --- another user ---------------------------------------------------------------------------------


async def test_a_user_is_read_by_who_has_the_scope_for_it(trusted: Trust) -> None:
    account = (await create(trusted)).json()["data"]["id"]
    assert ids(await listed(trusted, "clerk", Scope.PACE_READ_PER_USER, **OF_JON)) == [account]
    one = await trusted.house.client.get(
        f"{METHODS}/{account}",
        headers=trusted.bearer("clerk", Scope.PACE_READ_PER_USER),
        params=OF_JON,
    )
    assert one.json()["data"]["id"] == account


async def test_a_user_is_not_read_by_who_has_another_scope(trusted: Trust) -> None:
    await create(trusted)
    for sub in ("clerk", "jon.smith"):
        answer = await listed(trusted, sub, Scope.PACE_READ, **OF_JON)
        assert answer.status_code == 403
        assert Scope.PACE_READ_PER_USER in answer.headers["WWW-Authenticate"]
    assert (await listed(trusted, "clerk", Scope.PACE_READ_PER_USER)).status_code == 403


async def test_who_reads_another_need_not_be_linked(trusted: Trust) -> None:
    account = (await create(trusted)).json()["data"]["id"]
    await trusted.link_by_command()
    assert ids(await listed(trusted, "clerk", Scope.PACE_READ_PER_USER, **OF_JON)) == [account]


@pytest.mark.parametrize(
    ("subject", "status"),
    [("nobody", 200), ("JON.SMITH", 200), ("", 422), ("x" * 300, 422), ("a\x00b", 422)],
)
async def test_an_unknown_user_has_no_payment_methods(
    trusted: Trust, subject: str, status: int
) -> None:
    account = (await create(trusted)).json()["data"]["id"]
    query = {"filter[userID]": subject}
    answer = await listed(trusted, "clerk", EVERY_SCOPE, **query)
    assert answer.status_code == status
    assert not answer.json().get("data")
    one = await trusted.house.client.get(
        f"{METHODS}/{account}", headers=trusted.bearer("clerk"), params=query
    )
    assert one.status_code == 404


async def test_only_reading_looks_at_another_user(trusted: Trust) -> None:
    account = (await create(trusted)).json()["data"]["id"]
    for method in ("DELETE", "PATCH"):
        answer = await trusted.house.client.request(
            method, f"{METHODS}/{account}", headers=trusted.bearer("clerk"), params=OF_JON
        )
        assert answer.status_code == 404
    assert ids(await listed(trusted)) == [account]


async def test_the_client_itself_may_read_its_contracts_users(trusted: Trust) -> None:
    account = (await create(trusted)).json()["data"]["id"]
    form = {
        "grant_type": "client_credentials",
        "client_id": trusted.client.id.hex,
        "client_secret": trusted.secret.reveal(),
        "scope": Scope.PACE_READ_PER_USER,
    }
    token = (await trusted.house.client.post("/oauth/token", data=form)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    found = await trusted.house.client.get(METHODS, headers=headers, params=OF_JON)
    assert ids(found) == [account]


async def test_who_has_no_good_token_learns_nothing_of_the_query(trusted: Trust) -> None:
    broken = "&".join(f"a{number}=1" for number in range(200))
    answer = await trusted.house.client.get(f"{METHODS}?{broken}")
    assert answer.status_code == 401


async def test_the_links_of_a_page_keep_the_user(trusted: Trust) -> None:
    await create(trusted)
    await create(trusted, iban=OTHER_IBAN)
    query = {**OF_JON, "page[size]": "1"}
    page = (await listed(trusted, "clerk", EVERY_SCOPE, **query)).json()
    assert len(page["data"]) == 1
    assert "filter%5BuserID%5D=jon.smith" in page["links"]["next"]
