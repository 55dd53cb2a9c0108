"""What PACE's wire answers is JSON:API, by the schema that jsonapi-validator brings."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.apis.golden import Exchange, read_exchange
from tests.apis.pace_bodies import create_body
from tests.clients.merchant import PACE, Merchant
from tests.clients.node import Driven

EXCHANGES = {
    path.stem: read_exchange(path.read_text())
    for path in sorted((Path(__file__).parents[1] / "apis" / "pace").glob("*.http"))
}
METHODS = f"{PACE}/payment-methods"
SEPA = f"{METHODS}/sepa-direct-debit"
MEDIA_TYPE = "application/vnd.api+json"


@pytest.fixture
def validator(library: Callable[[str], Driven]) -> Driven:
    return library("validator")


@pytest.fixture
def payer(merchant: Merchant) -> Iterator[httpx2.Client]:
    headers = {"authorization": f"Bearer {merchant.token()}", "content-type": MEDIA_TYPE}
    with httpx2.Client(base_url=merchant.url, headers=headers) as client:
        yield client


def change_body(method_id: str, **attributes: str) -> bytes:
    data = {"id": method_id, "type": "paymentMethod", "attributes": attributes}
    return json.dumps({"data": data}).encode()


def problems_of(validator: Driven, document: object) -> list[str]:
    problems: list[str] = validator.call("problems", document)
    return problems


def has_body(exchange: Exchange) -> bool:
    return bool(exchange.answer.body)


def test_every_golden_answer_fits_the_schema(validator: Driven) -> None:
    problems = {
        name: problems_of(validator, json.loads(exchange.answer.body))
        for name, exchange in EXCHANGES.items()
        if has_body(exchange)
    }
    assert len(problems) > 50
    assert {name: found for name, found in problems.items() if found} == {}


def test_what_a_running_server_answers_fits_the_schema(
    validator: Driven, payer: httpx2.Client
) -> None:
    created = payer.post(SEPA, content=create_body())
    one = f"{METHODS}/{created.json()['data']['id']}"
    answers = [
        created,
        payer.get(METHODS),
        payer.get(METHODS, params={"page[size]": "1", "include": "paymentMethodKind"}),
        payer.get(one),
        payer.patch(one, content=change_body(created.json()["data"]["id"], alias="Household")),
        payer.get(f"{PACE}/payment-method-kinds"),
        payer.get(METHODS, params={"page[size]": "none"}),
        payer.post(SEPA, content=create_body()),
        payer.post(SEPA, content=create_body(attributes={"iban": "", "email": "x"})),
        payer.post(SEPA, content=b"[]"),
        payer.put(one),
        payer.get(METHODS, headers={"authorization": "Bearer x"}),
        payer.get(PACE),
    ]
    with_bodies = [answer for answer in answers if answer.content]
    assert {answer.status_code for answer in answers} == {200, 201, 303, 400, 401, 404, 405, 422}
    assert {answer.headers["content-type"] for answer in with_bodies} == {MEDIA_TYPE}
    assert len(with_bodies) == 12
    assert [problems_of(validator, answer.json()) for answer in with_bodies] == [[]] * 12


def test_what_does_not_fit_is_noticed(validator: Driven) -> None:
    assert problems_of(validator, {"data": {"type": "paymentMethod", "id": 7}})
    assert problems_of(validator, {"errors": [{"message": "wrong"}]})
