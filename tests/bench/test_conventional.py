"""The conventional server does the whole job, or the comparison would be worth nothing."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from schwifty import IBAN

from bench.client import Answer, Client, secuconnect_headers
from bench.contenders import Place, conventional
from bench.servers import free_port, running
from bench.wires import PACE, PACE_SCOPE, SECUCONNECT, SECUCONNECT_SCOPE

IBAN_OF_SEED = "DE89370400440532013000"
UNKNOWN_CUSTOMER = "PCU_3577GD8KT2MG4Y5UX75XUVH65QYVAA"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    directory = tmp_path_factory.mktemp("conventional")
    place = Place(
        port=free_port(), data=directory / "data", recorded_answer=directory / "answer.http"
    )
    with running(conventional(), place):
        yield place


@pytest.fixture
def client(place: Place) -> Iterator[Client]:
    with closing(Client(place.port)) as client:
        yield client


def german_iban(account: int) -> str:
    return IBAN.generate("DE", "37040044", str(account)).compact


def register(client: Client, customer: str, iban: str) -> Answer:
    headers = SECUCONNECT.headers(client.token(SECUCONNECT_SCOPE))
    return client.ask(
        "POST", SECUCONNECT.path, headers=headers, body=SECUCONNECT.fill(iban, customer)
    )


def register_method(client: Client, iban: str, **headers: str) -> Answer:
    token = client.token(PACE_SCOPE)
    all_headers = {**PACE.headers(token), **headers}
    return client.ask("POST", PACE.path, headers=all_headers, body=PACE.fill(iban, ""))


def pointers(answer: Answer) -> Mapping[str, str]:
    errors = json.loads(answer.body)["errors"]
    return {error["source"]["pointer"]: error["code"] for error in errors}


def test_a_token_has_the_documented_keys_in_the_documented_order(client: Client) -> None:
    body = "grant_type=client_credentials&client_id=09ae83af7c37121b2de929b211bad944"
    secret = "9c5f250b69f6436cb38fd780349bc00810d8d5051d3dcf821e428f65a32724bd"
    answer = client.ask("POST", "/oauth/token", body=f"{body}&client_secret={secret}")
    token = json.loads(answer.body)
    assert list(token) == ["access_token", "expires_in", "token_type", "scope"]
    assert token["scope"] == SECUCONNECT_SCOPE
    assert len(token["access_token"]) == 26


def test_a_wrong_secret_gets_no_token(client: Client) -> None:
    body = "grant_type=client_credentials&client_id=09ae83af7c37121b2de929b211bad944"
    answer = client.ask("POST", "/oauth/token", body=f"{body}&client_secret=wrong")
    assert answer.status == 400
    assert answer.member("error") == "invalid_client"


def test_a_container_is_answered_as_documented(client: Client) -> None:
    (customer,) = client.customers(1)
    answer = register(client, customer, IBAN_OF_SEED)
    container = json.loads(answer.body)
    assert answer.status == 200
    assert list(container) == [
        *("object", "id", "contract", "customer", "private", "public", "type", "created")
    ]
    assert container["customer"] == {"object": "payment.customers", "id": customer}
    assert container["private"] == container["public"]
    assert container["private"] == {
        "owner": "John Doe",
        "iban": IBAN_OF_SEED,
        "bic": "COBADEFFXXX",
        "bankname": "Commerzbank",
    }


def test_a_customer_has_an_account_once_and_another_customer_may_have_it_too(
    client: Client,
) -> None:
    first, second = client.customers(2)
    assert register(client, first, IBAN_OF_SEED).status == 200
    again = register(client, first, IBAN_OF_SEED)
    assert again.status == 409
    assert again.member("error") == "ProductDuplicateException"
    assert again.member("error_details") == (
        f"Container with IBAN {IBAN_OF_SEED} for customer already exists"
    )
    assert register(client, second, IBAN_OF_SEED).status == 200


def test_an_unknown_customer_is_refused(client: Client) -> None:
    answer = register(client, UNKNOWN_CUSTOMER, IBAN_OF_SEED)
    assert answer.status == 403
    assert answer.member("error") == "ProductNotAllowedException"


def test_wrong_check_digits_are_refused_on_both_wires(client: Client) -> None:
    (customer,) = client.customers(1)
    wrong = "DE88370400440532013000"
    assert register(client, customer, wrong).status == 422
    answer = register_method(client, wrong)
    assert answer.status == 422
    assert pointers(answer) == {"/data/attributes/iban": "provider:invalid-content"}


def test_a_request_without_a_known_token_is_refused_on_both_wires(client: Client) -> None:
    headers = secuconnect_headers("0" * 26)
    answer = client.ask("POST", SECUCONNECT.path, headers=headers, body=SECUCONNECT.body)
    assert (answer.status, answer.member("code")) == (403, "2003")
    answer = client.ask("POST", PACE.path, headers=PACE.headers("0" * 26), body=PACE.body)
    assert answer.status == 401


def test_a_token_can_do_no_more_than_its_scope(client: Client) -> None:
    headers = SECUCONNECT.headers(client.token(PACE_SCOPE))
    body = SECUCONNECT.fill(IBAN_OF_SEED, UNKNOWN_CUSTOMER)
    assert client.ask("POST", SECUCONNECT.path, headers=headers, body=body).status == 403
    headers = PACE.headers(client.token(SECUCONNECT_SCOPE))
    body = PACE.fill(IBAN_OF_SEED, "")
    assert client.ask("POST", PACE.path, headers=headers, body=body).status == 403


def test_a_payment_method_is_created_once_and_then_found(client: Client) -> None:
    iban = german_iban(1_000_000_001)
    created = register_method(client, iban)
    method = json.loads(created.body)["data"]
    assert created.status == 201
    assert created.header("Content-Type") == "application/vnd.api+json"
    assert method["attributes"]["identificationString"] == f"COMMERZBANK XX {iban[-4:]}"
    assert iban not in created.body.decode()
    again = register_method(client, iban)
    assert (again.status, again.body) == (303, b"")
    assert again.header("Location").endswith(f"/pay/2024-1/payment-methods/{method['id']}")


def test_an_id_that_is_taken_conflicts(client: Client) -> None:
    chosen = str(uuid4())
    headers = PACE.headers(client.token(PACE_SCOPE))

    def register_as_chosen(iban: str) -> Answer:
        document = json.loads(PACE.fill(iban, ""))
        document["data"]["id"] = chosen
        return client.ask("POST", PACE.path, headers=headers, body=json.dumps(document))

    assert register_as_chosen(german_iban(1_000_000_002)).status == 201
    assert register_as_chosen(german_iban(1_000_000_003)).status == 409


def test_other_media_types_are_refused(client: Client) -> None:
    iban = german_iban(1_000_000_004)
    assert register_method(client, iban, Accept="text/html").status == 406
    assert register_method(client, iban, **{"Content-Type": "application/json"}).status == 415


def test_the_list_counts_the_accounts_of_both_wires(client: Client) -> None:
    before = client.account_count()
    (customer,) = client.customers(1)
    assert register(client, customer, german_iban(1_000_000_005)).status == 200
    assert register_method(client, german_iban(1_000_000_006)).status == 201
    assert client.account_count() == before + 2


def test_no_account_number_and_no_token_is_on_the_disk_in_clear(
    client: Client, place: Place
) -> None:
    (customer,) = client.customers(1)
    iban = german_iban(1_000_000_007)
    token = client.token(SECUCONNECT_SCOPE)
    body = SECUCONNECT.fill(iban, customer)
    headers = SECUCONNECT.headers(token)
    assert client.ask("POST", SECUCONNECT.path, headers=headers, body=body).status == 200
    kept = b"".join(path.read_bytes() for path in Path(place.data).iterdir())
    assert iban.encode() not in kept
    assert token.encode() not in kept
