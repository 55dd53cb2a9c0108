"""Two servers over one PostgreSQL, as if on two machines, and commands beside them: one truth."""

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import httpx2
import pytest

from bench.wires import PACE
from tests.cli.installations import lent_production, told_json
from tests.serving import RunningServer, running
from tests.storage.filling import german_iban

Servers = tuple[RunningServer, RunningServer]
Client = dict[str, Any]

CUSTOMERS = "/api/v2/Payment/Customers"
CONTAINERS = "/api/v2/Payment/Containers"
REFUSED_WITHIN_S = 1.0
ANSWERED_WITHIN_S = 0.5
"""What a request may take on a machine that does other things too."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    place = tmp_path_factory.mktemp("machines")
    with lent_production("postgres", place / "one") as one:
        other = shutil.copytree(one, place / "other")
        with running("serve", one, [], {}) as first, running("serve", other, [], {}) as second:
            yield first, second


@pytest.fixture
def client(servers: Servers) -> Client:
    """Return a new client of a new contract: made beside the servers, by a command."""
    directory = servers[0].directory
    contract = told_json(directory, "contract", "create", "Stadtwerke Beispiel")["id"]
    made: Client = told_json(
        directory, "client", "create", "--contract", contract, "--name", "Shop"
    )
    return made


def ask_token(server: RunningServer, client: Client, **further: str) -> httpx2.Response:
    credentials = {name: client[name] for name in ("client_id", "client_secret")}
    form = {"grant_type": "client_credentials", **credentials, **further}
    return httpx2.post(f"{server.url}/oauth/token", data=form)


def token_of(server: RunningServer, client: Client, **further: str) -> dict[str, str]:
    """Return the header of who has a token by this server."""
    token = ask_token(server, client, **further).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def list_customers(server: RunningServer, token: dict[str, str]) -> int:
    return httpx2.get(f"{server.url}{CUSTOMERS}", headers=token).status_code


def save_customer(server: RunningServer, token: dict[str, str]) -> str:
    body = {"contact": {"surname": "Doe"}}
    answer = httpx2.post(f"{server.url}{CUSTOMERS}", json=body, headers=token)
    customer: str = answer.raise_for_status().json()["id"]
    return customer


def save_account(
    server: RunningServer, token: dict[str, str], customer: str, number: int
) -> httpx2.Response:
    private = {"owner": "Doe", "iban": german_iban(number).reveal()}
    body = {"customer": customer, "private": private}
    return httpx2.post(f"{server.url}{CONTAINERS}", json=body, headers=token)


def test_a_token_by_one_is_taken_by_the_other_at_once(servers: Servers, client: Client) -> None:
    for issuer, other in (servers, servers[::-1]):
        assert list_customers(other, token_of(issuer, client)) == 200


def test_a_revoked_client_is_refused_by_both_within_a_second(
    servers: Servers, client: Client
) -> None:
    tokens = [token_of(server, client) for server in servers]
    assert [list_customers(*pair) for pair in product(servers, tokens)] == [200] * 4
    told_json(servers[0].directory, "client", "revoke", client["client_id"])
    revoked = time.monotonic()
    for server, token in product(servers, tokens):
        while list_customers(server, token) != 403:
            assert time.monotonic() < revoked + REFUSED_WITHIN_S + ANSWERED_WITHIN_S
    assert [ask_token(server, client).json()["error"] for server in servers] == [
        "invalid_client"
    ] * 2


def test_a_revoked_token_is_refused_by_both_within_a_second(
    servers: Servers, client: Client
) -> None:
    revoked, kept = token_of(servers[0], client), token_of(servers[1], client)
    assert [list_customers(*pair) for pair in product(servers, (revoked, kept))] == [200] * 4
    form = {name: client[name] for name in ("client_id", "client_secret")}
    form["token"] = revoked["Authorization"].removeprefix("Bearer ")
    assert httpx2.post(f"{servers[0].url}/oauth/revoke", data=form).status_code == 200
    since = time.monotonic()
    assert list_customers(servers[0], revoked) == 403
    while list_customers(servers[1], revoked) != 403:
        assert time.monotonic() < since + REFUSED_WITHIN_S + ANSWERED_WITHIN_S
    assert [list_customers(server, kept) for server in servers] == [200] * 2


def test_a_rotated_secret_counts_for_both_at_once(servers: Servers, client: Client) -> None:
    renewed = told_json(servers[0].directory, "client", "rotate-secret", client["client_id"])
    for server in servers:
        assert ask_token(server, client).status_code == 400
        assert ask_token(server, renewed).status_code == 200


def test_what_one_keeps_the_other_shows(servers: Servers, client: Client) -> None:
    first, second = servers
    token = token_of(first, client)
    account = save_account(first, token, save_customer(first, token), 1).json()
    path = f"{CONTAINERS}/{account['id']}"
    assert httpx2.get(f"{second.url}{path}", headers=token).json() == account


def test_a_duplicate_is_found_across_both(servers: Servers, client: Client) -> None:
    token = token_of(servers[0], client)
    customer = save_customer(servers[0], token)
    for number, (first, second) in enumerate((servers, servers[::-1])):
        assert save_account(first, token, customer, number).status_code == 200
        answer = save_account(second, token, customer, number)
        assert answer.status_code == 409
        assert answer.json()["error"] == "ProductDuplicateException"


def test_of_the_same_account_at_both_at_once_one_is_kept(servers: Servers, client: Client) -> None:
    token = token_of(servers[0], client)
    customer = save_customer(servers[1], token)
    with ThreadPoolExecutor(16) as pool:
        asked = [
            pool.submit(save_account, server, token, customer, number)
            for number in range(20)
            for server in (*servers, *servers)
        ]
        answers = [question.result().status_code for question in asked]
    assert [sorted(answers[n : n + 4]) for n in range(0, 80, 4)] == [[200, 409, 409, 409]] * 20
    listed = httpx2.get(f"{servers[0].url}{CONTAINERS}", headers=token).json()
    assert listed["count"] == 20


def test_on_pace_a_duplicate_is_found_across_both(servers: Servers, client: Client) -> None:
    token = token_of(servers[0], client, scope=PACE.scope)
    for number, (first, second) in enumerate((servers, servers[::-1])):
        asked = PACE.fill(german_iban(number).reveal(), ""), {**PACE.headers(""), **token}
        made, again = (
            httpx2.post(f"{server.url}{PACE.path}", content=asked[0], headers=asked[1])
            for server in (first, second)
        )
        assert (made.status_code, again.status_code) == (201, 303)
        assert again.headers["Location"].endswith(made.json()["data"]["id"])


def test_what_one_did_under_a_key_the_other_does_not_do_again(
    servers: Servers, client: Client
) -> None:
    token = token_of(servers[0], client)
    for number, (first, second) in enumerate((servers, servers[::-1])):
        headers = {**token, "Idempotency-Key": f"order-{number}"}
        body = {"contact": {"surname": "Doe"}}
        made, again = (
            httpx2.post(f"{server.url}{CUSTOMERS}", json=body, headers=headers)
            for server in (first, second)
        )
        assert (made.status_code, again.status_code) == (200, 200)
        assert again.json() == made.json()
        assert "Idempotency-Replayed" not in made.headers
        assert again.headers["Idempotency-Replayed"] == "true"


def test_nothing_is_migrated_that_is_up_to_date_beside_both(servers: Servers) -> None:
    assert told_json(servers[0].directory, "migrate") == {"applied": []}
