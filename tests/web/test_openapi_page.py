"""The page that shows the APIs' descriptions: whole in itself, and all it shows works."""

import base64
import hashlib
import re
import shlex
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from itertools import pairwise

import httpx2
import pytest
from starlette.routing import Router

from lastschrift.web.openapi import openapi_routes
from lastschrift.web.openapi.examples import curl
from lastschrift.web.openapi.words import kind_in_words, members
from tests.house import BASE_URL, House
from tests.web.descriptions import APIS, DOCUMENTS, OPERATIONS, Operation, Schema, check_answer
from tests.web.examples import fitted, given_for, in_sandbox


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """Return a client that asks for descriptions only."""
    transport = httpx2.ASGITransport(Router(routes=openapi_routes(list(APIS.values()))))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL) as opened:
        yield opened


# --- what is served -------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_is_served_under_its_name(name: str, client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"/openapi/{name}.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == DOCUMENTS[name]


@pytest.mark.anyio
async def test_a_document_names_the_address_that_clients_know() -> None:
    routes = openapi_routes(list(APIS.values()), "https://debit.example.org/pay")
    transport = httpx2.ASGITransport(Router(routes=routes))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        document = (await client.get("/openapi/pace.json")).json()
    flows = document["components"]["securitySchemes"]["oauth2"]["flows"]
    assert document["servers"] == [{"url": "https://debit.example.org/pay"}]
    assert flows["clientCredentials"]["tokenUrl"] == "https://debit.example.org/pay/oauth/token"


@pytest.mark.anyio
async def test_the_page_shows_every_operation(client: httpx2.AsyncClient) -> None:
    page = Page((await client.get("/openapi/")).text)
    for operation in OPERATIONS:
        assert f"{operation.method} {operation.path}" in page.text
        assert operation.described["summary"] in page.text


@pytest.mark.anyio
async def test_the_page_is_found_without_its_slash_too(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/openapi", follow_redirects=True)
    assert answer.url.path == "/openapi/"
    assert answer.status_code == 200


@pytest.mark.anyio
async def test_the_page_leads_to_the_documents(client: httpx2.AsyncClient) -> None:
    page = Page((await client.get("/openapi/")).text)
    assert page.links
    for link in page.links:
        assert (await client.get(f"/openapi/{link}")).status_code == 200


# --- the page loads nothing -----------------------------------------------------------------------


class Page(HTMLParser):
    """What a page consists of; every element is closed where it should be."""

    VOID = frozenset({"meta"})

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.styles: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["style"]:
            self.styles.append(data)
        else:
            self.text += data


@pytest.mark.anyio
async def test_the_page_loads_nothing_and_runs_nothing(client: httpx2.AsyncClient) -> None:
    page = Page((await client.get("/openapi/")).text)
    assert not page.elements & {"script", "link", "img", "iframe", "object", "embed", "form"}
    assert page.attributes <= {"lang", "charset", "name", "content", "id", "href"}
    assert not re.search(r"url\(|@import", "".join(page.styles))


@pytest.mark.anyio
async def test_the_browser_is_told_to_load_nothing(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/openapi/")
    (style,) = Page(answer.text).styles
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[:2] == ["default-src 'none'", f"style-src 'sha256-{allowed}'"]
    assert "unsafe" not in answer.headers["content-security-policy"]


# --- the lines for curl work ----------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_the_line_for_curl_does_the_operation(operation: Operation, house: House) -> None:
    line = curl(DOCUMENTS[operation.document], operation.method, operation.path)
    async with in_sandbox(house, *given_for(operation)) as world:
        line = fitted(line, world).replace("$TOKEN", world.bindings["token"])
        answer = await do_as_curl_would(house.client, line)
    assert answer.is_success, answer.text
    assert answer.request.method == operation.method
    check_answer(operation.method, answer.request.url.path, answer)


async def do_as_curl_would(client: httpx2.AsyncClient, line: str) -> httpx2.Response:
    curl_itself, *arguments = shlex.split(line)
    assert curl_itself == "curl"
    options: dict[str, list[str]] = {"-X": [], "-H": [], "-d": []}
    for name, value in pairwise(arguments):
        if name in options:
            options[name].append(value)
    (target,) = (one for one in arguments if one.startswith("$BASE"))
    headers = [header.partition(": ") for header in options["-H"]]
    return await client.request(
        "".join(options["-X"]) or "GET",
        target.removeprefix("$BASE"),
        headers=[(name, value) for name, _, value in headers],
        content="".join(options["-d"]),
    )


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "maxLength": 70}, "string, at most 70 characters"),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "string, as date"),
        (
            {"anyOf": [{"type": "string", "format": "bic"}, {"type": "object"}]},
            "string, as bic or object",
        ),
        ({"type": "string", "enum": ["a", "b"]}, "string, only a or b"),
        (
            {"type": "integer", "minimum": 0, "maximum": 9, "default": 0},
            "integer, from 0, to 9, 0 if left out",
        ),
        ({"$ref": "#/components/schemas/Known"}, "object"),
    ],
)
def test_a_schema_is_told_in_words(schema: Schema, words: str) -> None:
    assert kind_in_words(schema, {"Known": {"type": "object"}}) == words


def test_members_are_told_with_those_of_their_own() -> None:
    inner = {"type": "object", "properties": {"b": {"type": "integer"}}, "required": []}
    outer = {
        "type": "object",
        "properties": {"a": {"anyOf": [{"$ref": "#/components/schemas/Inner"}, {"type": "null"}]}},
        "required": ["a"],
    }
    assert list(members(outer, {"Inner": inner})) == [
        ("a", "required: object"),
        ("a.b", "optional: integer"),
    ]
