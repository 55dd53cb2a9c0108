"""Every golden exchange is replayed; and the replay is shown to notice what is wrong."""

import json
import re
from pathlib import Path

import httpx2
import pytest

from tests.apis.golden import (
    Bindings,
    Exchange,
    MalformedExchange,
    Message,
    Mismatch,
    ask,
    match_answer,
    read_exchange,
)
from tests.apis.steps.given import world_of
from tests.apis.steps.named import UnknownStep
from tests.house import House

FILES = {f"{path.parent.name}/{path.stem}": path for path in Path(__file__).parent.glob("*/*.http")}
EXCHANGES = {name: read_exchange(path.read_text()) for name, path in sorted(FILES.items())}

SECURITY_HEADERS = {
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
}
PROVENANCE = re.compile(r"(documented|observed|assumed)( [a-zA-Z -]+)?")

DOCUMENTED = {  # what the two seed documents show, and where it is replayed
    "the token": ("oauth/token-form", 200),
    "the customer": ("secuconnect/customers-create", 200),
    "the container": ("secuconnect/containers-create", 200),
    "the duplicate": ("secuconnect/containers-create-duplicate-iban", 409),
    "Created": ("pace/create", 201),
    "Already exists": ("pace/create-exists", 303),
    "Bad request": ("pace/create-no-json", 400),
    "token missing": ("pace/create-without-token", 401),
    "token invalid": ("pace/create-with-unknown-token", 401),
    "linked identity missing": ("pace/create-without-linked-identity", 401),
    "accept header invalid": ("pace/create-not-acceptable", 406),
    "Resource conflicts": ("pace/create-id-taken", 409),
    "content type header invalid": ("pace/create-wrong-content-type", 415),
    "provider:card-not-usable": ("pace/create-card-not-usable", 422),
    "provider:invalid-content": ("pace/create-invalid-content", 422),
    "invalid-charset": ("pace/create-invalid-charset", 422),
    "too-long": ("pace/create-too-long", 422),
    "Internal server error": ("pace/create-unexpected", 500),
}


# --- the exchanges --------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("name", EXCHANGES)
async def test_the_exchange_goes_as_it_is_written(name: str, house: House) -> None:
    exchange = EXCHANGES[name]
    async with world_of(exchange, house) as world:
        answer = await ask(world.house.client, exchange.request, world.bindings)
        match_answer(exchange.answer, answer, world.bindings)
        assert set(answer.headers.items()) >= SECURITY_HEADERS


@pytest.mark.parametrize("name", EXCHANGES)
def test_the_exchange_says_where_it_comes_from(name: str) -> None:
    exchange = EXCHANGES[name]
    (source,), (provenance,) = exchange.noted("source"), exchange.noted("provenance")
    assert source
    for part in provenance.split("; "):
        assert PROVENANCE.fullmatch(part), part
    assert {key for key, _ in exchange.notes} <= {"source", "provenance", "given"}


@pytest.mark.parametrize("shown", DOCUMENTED)
def test_what_the_documents_show_has_its_exchange(shown: str) -> None:
    name, status = DOCUMENTED[shown]
    exchange = EXCHANGES[name]
    assert exchange.status == status
    assert exchange.noted("source")[0].startswith("seed ")
    assert exchange.noted("provenance")[0].startswith("documented")


@pytest.mark.parametrize("api", ["oauth", "secuconnect", "pace"])
def test_no_two_exchanges_are_the_same(api: str) -> None:
    asked = [
        (exchange.request, tuple(exchange.noted("given")))
        for name, exchange in EXCHANGES.items()
        if name.startswith(api)
    ]
    assert len(asked) > 30
    assert len(asked) == len(set(asked))


# --- the replay notices ---------------------------------------------------------------------------

HEAD = "# source: none\n# provenance: assumed\n"
ASKED = "GET /nowhere\n\n"


def exchange_of(*, head: str = HEAD, answer: str) -> Exchange:
    return read_exchange(head + ASKED + answer)


def answered(status: int = 200, text: str = "", **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, headers=named, text=text)


def matched(expected: str, got: httpx2.Response, **known: str) -> Bindings:
    """Return what is bound after a match."""
    bound = dict(known)
    match_answer(exchange_of(answer=expected).answer, got, bound)
    return bound


def test_an_equal_answer_matches() -> None:
    expected = 'HTTP/1.1 200\nAllow: GET\n\n{"a": [1, null, "x"],\n "b": {}}\n'
    assert not matched(expected, answered(text='{"a":[1,null,"x"],"b":{}}', allow="GET", more="1"))


def test_another_status_is_noticed() -> None:
    with pytest.raises(Mismatch, match="status"):
        matched("HTTP/1.1 200\n", answered(201))


@pytest.mark.parametrize("headers", [{}, {"allow": "PUT"}, {"allow": "GET, HEAD"}])
def test_a_header_that_is_missing_or_another_is_noticed(headers: dict[str, str]) -> None:
    with pytest.raises(Mismatch, match="Allow"):
        matched("HTTP/1.1 405\nAllow: GET\n", answered(405, **headers))


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}'),
        ('{"a": 1}', '{"a": 1, "b": 2}'),
        ('{"a": 1, "b": 2}', '{"a": 1}'),
        ('{"a": 1}', '{"a": 1, "a": 1}'),
        ('{"a": 1}', '{"a": "1"}'),
        ('{"a": 1}', '{"a": true}'),
        ('{"a": 1}', '{"a": 1.0}'),
        ('{"a": null}', "{}"),
        ('{"a": {}}', '{"a": []}'),
        ('{"a": [1]}', '{"a": [1, 2]}'),
        ('{"a": [null]}', '{"a": []}'),
        ('{"a": [1, 2]}', '{"a": [2, 1]}'),
        ('{"a": "x"}', '{"a": "y"}'),
        ('{"a": "x"}', '{"a": "x "}'),
        ('{"a": "."}', '{"a": "x"}'),
        ('{"a": "x"}', "x"),
        ('{"a": "x"}', ""),
        ("", "{}"),
        ("plain", "other"),
    ],
)
def test_another_body_is_noticed(expected: str, got: str) -> None:
    with pytest.raises(Mismatch, match="body"):
        matched(f"HTTP/1.1 200\n\n{expected}\n", answered(text=got))


def test_a_placeholder_is_bound_by_what_it_stands_for() -> None:
    token = "gm3594cd1vvqffokcf1lc8t735"
    expected = 'HTTP/1.1 200\nX: {token}\n\n{"a": "{token}", "b": "to {hex32:id}"}\n'
    body = f'{{"a": "{token}", "b": "to {"0f" * 16}"}}'
    assert matched(expected, answered(text=body, x=token)) == {"token": token, "id": "0f" * 16}


@pytest.mark.parametrize("text", ["", "0F" * 16, "0f" * 15, "0f" * 17, "0f" * 16 + "\n"])
def test_what_is_not_of_a_placeholders_kind_is_noticed(text: str) -> None:
    with pytest.raises(Mismatch, match=r"body\.a"):
        matched('HTTP/1.1 200\n\n{"a": "{hex32}"}\n', answered(text=json.dumps({"a": text})))


def test_a_value_that_does_not_recur_is_noticed() -> None:
    expected = 'HTTP/1.1 200\n\n{"a": "{hex32}", "b": "{hex32}"}\n'
    body = f'{{"a": "{"0f" * 16}", "b": "{"1f" * 16}"}}'
    with pytest.raises(Mismatch, match=r"body\.b"):
        matched(expected, answered(text=body))


def test_a_value_that_does_not_recur_in_one_text_is_noticed() -> None:
    expected = 'HTTP/1.1 200\n\n{"a": "{hex32}-{hex32}"}\n'
    assert matched(expected, answered(text=f'{{"a": "{"0f" * 16}-{"0f" * 16}"}}'))
    with pytest.raises(Mismatch, match=r"body\.a"):
        matched(expected, answered(text=f'{{"a": "{"0f" * 16}-{"1f" * 16}"}}'))


def test_two_names_for_one_value_are_noticed() -> None:
    expected = 'HTTP/1.1 200\n\n{"a": "{hex32:one}", "b": "{hex32:other}"}\n'
    body = f'{{"a": "{"0f" * 16}", "b": "{"0f" * 16}"}}'
    with pytest.raises(Mismatch, match="names"):
        matched(expected, answered(text=body))


def test_another_value_than_the_one_given_is_noticed() -> None:
    expected = 'HTTP/1.1 200\n\n{"a": "{hex32:known}"}\n'
    with pytest.raises(Mismatch, match=r"body\.a"):
        matched(expected, answered(text=f'{{"a": "{"0f" * 16}"}}'), known="1f" * 16)


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD + ASKED,
        HEAD + ASKED + "HTTP/1.1 200\n\nHTTP/1.1 200\n",
        "# no key\n" + ASKED + "HTTP/1.1 200\n",
    ],
)
def test_what_is_no_exchange_is_noticed(text: str) -> None:
    with pytest.raises(MalformedExchange):
        read_exchange(text)


@pytest.mark.anyio
async def test_a_step_that_there_is_not_is_noticed(house: House) -> None:
    exchange = exchange_of(head=HEAD + "# given: a miracle\n", answer="HTTP/1.1 200\n")
    with pytest.raises(UnknownStep, match="a miracle"):
        async with world_of(exchange, house):
            pass


@pytest.mark.anyio
async def test_a_placeholder_that_nothing_was_bound_to_is_noticed(house: House) -> None:
    request = Message("GET /nowhere", (("Authorization", "Bearer {token}"),), "")
    with pytest.raises(KeyError, match="token"):
        await ask(house.client, request, {})
