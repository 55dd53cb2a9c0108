"""The APIs' descriptions: valid, and true of the routes, of all golden answers, of all limits."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import jsonschema_rs
import pytest
import schemathesis

from lastschrift.domain.refusals import ValueRefused
from lastschrift.domain.text import clean_text
from lastschrift.web.api import Route
from lastschrift.web.described import described_text
from lastschrift.web.openapi import TOKEN_API
from lastschrift.web.openapi.examples import example
from tests.apis.golden import ask
from tests.apis.steps.given import world_of
from tests.apis.steps.world import World
from tests.apis.test_golden import EXCHANGES
from tests.house import BASE_URL, House
from tests.web.descriptions import (
    APIS,
    DOCUMENTS,
    OPERATIONS,
    NotAsDescribed,
    Operation,
    check_answer,
)
from tests.web.examples import (
    WITH_BODY,
    fitted,
    given_for,
    in_sandbox,
    path_example,
    request_example,
)

Schema = Mapping[str, Any]


# --- the documents are valid ----------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_valid(name: str) -> None:
    schemathesis.openapi.from_dict(DOCUMENTS[name]).validate()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_all_schemas_of_a_document_are_valid(name: str) -> None:
    for schema in DOCUMENTS[name]["components"]["schemas"].values():
        jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENTS[name]["components"]})


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_schema_that_a_document_refers_to_is_in_it(name: str) -> None:
    referred = re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENTS[name]))
    assert set(referred) == set(DOCUMENTS[name]["components"]["schemas"])


def test_there_is_a_document_for_every_api_but_the_token_endpoint() -> None:
    assert set(DOCUMENTS) == set(APIS) - {TOKEN_API}


# --- the documents are true -----------------------------------------------------------------------


def described_routes(name: str) -> Iterator[Route]:
    for api in (APIS[TOKEN_API], APIS[name]):
        yield from (route for route in api.routes if route.method != "OPTIONS")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_route_is_described_with_all_its_answers(name: str) -> None:
    described = {
        (method.upper(), path): set(operation["responses"])
        for path, methods in DOCUMENTS[name]["paths"].items()
        for method, operation in methods.items()
    }
    assert described == {
        (route.method, route.path): set(map(str, route.answers)) for route in described_routes(name)
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_scope_is_described_by_what_it_allows(name: str) -> None:
    schemes = DOCUMENTS[name]["components"]["securitySchemes"]
    flow = schemes["oauth2"]["flows"]["clientCredentials"]
    assert set(flow["scopes"]) == {
        scope.value for route in described_routes(name) for scope in route.scopes
    }
    assert all(flow["scopes"].values())
    assert flow["tokenUrl"] == f"{BASE_URL}/oauth/token"


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_parameter_says_what_it_may_be(operation: Operation) -> None:
    for parameter in operation.described["parameters"]:
        assert parameter["description"]
        assert {"pattern", "format", "maximum"} & set(parameter["schema"]), parameter


@pytest.mark.anyio
@pytest.mark.parametrize("name", EXCHANGES)
async def test_a_golden_answer_is_as_described(name: str, house: House) -> None:
    exchange = EXCHANGES[name]
    async with world_of(exchange, house) as world:
        answer = await ask(world.house.client, exchange.request, world.bindings)
    if answer.request.method != "OPTIONS":
        check_answer(answer.request.method, answer.request.url.path, answer)


CUSTOMERS = "/api/v2/Payment/Customers"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (CUSTOMERS, httpx2.Response(418)),
        (CUSTOMERS, httpx2.Response(200, headers=JSON, json={"count": -1, "data": []})),
        (CUSTOMERS, httpx2.Response(200, headers=JSON, json={"count": 0})),
        (CUSTOMERS, httpx2.Response(200, text='{"count": 0, "data": []}')),
        (CUSTOMERS + "/x/y", httpx2.Response(200, headers=JSON, json={})),
        (CUSTOMERS + "/x/y", httpx2.Response(404, headers=JSON, json={})),
    ],
)
def test_an_answer_that_is_not_as_described_is_noticed(path: str, answer: httpx2.Response) -> None:
    with pytest.raises(NotAsDescribed):
        check_answer("GET", path, answer)


# --- examples -------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_the_example_of_a_request_is_as_described(operation: Operation) -> None:
    assert not operation.problems(operation.request_schema, request_example(operation))


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_examples_of_answers_are_as_described(operation: Operation) -> None:
    schemas = DOCUMENTS[operation.document]["components"]["schemas"]
    for status, answer in operation.described["responses"].items():
        for content in answer.get("content", {}).values():
            shown = example(content["schema"], schemas)
            assert not operation.problems(content["schema"], shown), status


# --- limits ---------------------------------------------------------------------------------------


def text_limits(
    schema: Schema, schemas: Schema, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield every text that is limited in length: where it stands, and how long it may be."""
    match schema:
        case {"$ref": reference}:
            yield from text_limits(schemas[reference.rpartition("/")[2]], schemas, path)
        case {"maxLength": most}:
            yield path, most
        case {"anyOf": alternatives}:
            for alternative in alternatives:
                yield from text_limits(alternative, schemas, path)
        case {"properties": properties}:
            for name, member in properties.items():
                yield from text_limits(member, schemas, (*path, name))


LIMITS = {
    f"{operation} {'.'.join(path)}": (operation, path, most)
    for operation in WITH_BODY
    for path, most in text_limits(
        operation.request_schema, DOCUMENTS[operation.document]["components"]["schemas"]
    )
}


def test_there_are_limits() -> None:
    assert len(LIMITS) > 30


@pytest.mark.anyio
@pytest.mark.parametrize("limit", LIMITS)
async def test_a_text_may_be_as_long_as_described_and_no_longer(limit: str, house: House) -> None:
    operation, path, most = LIMITS[limit]
    async with in_sandbox(house, *given_for(operation)) as world:
        assert (await send_with(world, operation, path, most)).is_success
        assert (await send_with(world, operation, path, most + 1)).status_code == 422


async def send_with(
    world: World, operation: Operation, path: tuple[str, ...], length: int
) -> httpx2.Response:
    """Send the example with a text of that length in one place."""
    body = json.loads(fitted(json.dumps(request_example(operation)), world))
    place = body
    for name in path[:-1]:
        place = place[name]
    if path[-1] != "company":
        place.pop("company", None)  # with it, the names are not looked at
    ending = "@example.com" if path[-1] == "email" else ""
    place[path[-1]] = "ä" * (length - len(ending)) + ending
    return await world.house.client.request(
        operation.method,
        fitted(path_example(operation), world),
        headers={
            "authorization": f"Bearer {world.bindings['token']}",
            "content-type": operation.api.media_type,
        },
        content=json.dumps(body),
    )


def test_a_described_text_may_hold_what_the_domain_takes_and_nothing_else() -> None:
    meta = described_text(1)
    assert meta.extra_json_schema is not None
    pattern = re.compile(str(meta.extra_json_schema["pattern"]))
    characters = [chr(code) for code in range(0x3000) if chr(code) != "\n"]
    assert {c for c in characters if not pattern.search(c)} == {
        c for c in characters if is_refused(c)
    }


def is_refused(character: str) -> bool:
    try:
        clean_text(character, characters_max=9)
    except ValueRefused:
        return True
    return False
