"""Every answer tells browsers to keep, show and guess nothing, whoever gives it.

The golden exchanges look for the same headers in every answer they show (`tests/apis/test_golden`);
here is what they don't show: how answers go over the wire, and who is no API.
"""

import socket
from collections.abc import Callable, Iterator

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from lastschrift.web.app import build_app
from lastschrift.web.http import Edge
from lastschrift.web.security_headers import SECURITY_HEADERS, secured
from tests.house import BASE_URL, House, all_apis
from tests.promises import control, promise
from tests.serving import RunningServer, running_sandbox
from tests.web.hostile.heads import Header
from tests.web.hostile.wire import exchange, request

CUSTOMERS = b"/api/v2/Payment/Customers"
TOKEN = b"/oauth/token"
FORM = (b"Content-Type", b"application/x-www-form-urlencoded")
ALL = {name.decode(): value.decode() for name, value in SECURITY_HEADERS}


def lacking(answer: httpx2.Response) -> dict[str, str | None]:
    """Return the headers that an answer has otherwise, or not once, and what it has there."""
    found = {name: answer.headers.get(name) for name in ALL}
    return {name: value for name, value in found.items() if value != ALL[name]}


# --- on the wire ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def token(server: RunningServer) -> Header:
    body = b"grant_type=client_credentials&client_id=%b&client_secret=%b" % (
        DEMO_CLIENT_ID.encode(),
        DEMO_CLIENT_SECRET.encode(),
    )
    answer = exchange(server.port, posted(TOKEN, body, FORM)).answer()
    assert lacking(answer) == {}
    return b"Authorization", f"Bearer {answer.json()['access_token']}".encode()


def posted(path: bytes, body: bytes, *headers: Header) -> bytes:
    return request(b"POST", path, *headers, (b"Content-Length", b"%d" % len(body)), body=body)


def test_what_the_fast_lane_answers_has_them(server: RunningServer, token: Header) -> None:
    created = exchange(
        server.port, posted(CUSTOMERS, b'{"contact": {"forename": "John"}}', token)
    ).answer()
    refused = exchange(server.port, posted(CUSTOMERS, b"[]", token)).answer()
    assert (created.status_code, refused.status_code) == (200, 422)
    assert (lacking(created), lacking(refused)) == ({}, {})


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/readyz", "/metrics", "/nowhere", "/openapi", "/openapi/pace.json"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_what_is_no_api_has_them(server: RunningServer, method: str, path: str) -> None:
    answer = exchange(server.port, request(method.encode(), path.encode())).answer(method)
    assert lacking(answer) == {}


def test_the_page_of_descriptions_allows_its_own_style_and_nothing_else(
    server: RunningServer,
) -> None:
    answer = exchange(server.port, request(b"GET", b"/openapi/")).answer()
    assert lacking(answer).keys() == {"content-security-policy"}
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src ")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/oauth/token", "/api/v2/Payment/Customers", "/nowhere"])
def test_who_is_turned_away_at_the_door_gets_them(crowded: RunningServer, path: str) -> None:
    answer = exchange(crowded.port, request(b"GET", path.encode())).answer()
    assert answer.status_code == 503
    assert lacking(answer) == {}


@pytest.fixture(scope="module")
def crowded() -> Iterator[RunningServer]:
    """Run a server all of whose connections are taken."""
    with (
        running_sandbox(LASTSCHRIFT_CONNECTIONS_MAX="1") as running,
        socket.create_connection(("127.0.0.1", running.port)),
    ):
        yield running


NO_REQUESTS = {
    "no HTTP at all": (b"hello\r\n\r\n", 400),
    "a tunnel": (request(b"CONNECT", b"example.org:443"), 400),
    "a head without an end": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 80_000, 431),
}


@promise("headers-on-all")
@pytest.mark.parametrize("case", NO_REQUESTS)
def test_what_is_said_before_a_request_is_read_has_them(server: RunningServer, case: str) -> None:
    sent, status = NO_REQUESTS[case]
    answer = exchange(server.port, sent).answer()
    assert answer.status_code == status
    assert lacking(answer) == {}
    assert "date" in answer.headers  # RFC 9110 §6.6.1


@pytest.mark.parametrize("path", ["/", "/oauth/token", "/nowhere", "/openapi/"])
def test_no_answer_says_what_program_it_is_of(server: RunningServer, path: str) -> None:
    answer = exchange(server.port, request(b"GET", path.encode())).answer()
    assert not {"server", "x-powered-by"} & set(answer.headers)


# --- in the house ---------------------------------------------------------------------------------


@promise("headers-on-all")
@pytest.mark.anyio
async def test_every_route_has_them_whatever_is_asked_of_it(
    house: House, figure: Callable[[str], None]
) -> None:
    asked = [
        (method, path)
        for api in all_apis()
        for path in {route.path for route in api.routes} | {api.prefix + "nowhere"}
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
    ]
    for method, path in asked:
        answer = await house.client.request(method, path)
        assert lacking(answer) == {}, (method, path)
    figure(f"{len(asked)} methods on paths: not one without")


@pytest.mark.anyio
async def test_a_failure_beside_the_apis_goes_out_as_the_id_that_is_logged(house: House) -> None:
    async def fail(_request: Request) -> Response:
        raise OSError("nothing of this text goes out")

    app = build_app(
        [],
        Edge(
            ports=house.ports,
            bearer=house.bearer,
            limits=house.limits,
            body_bytes_max=65_536,
            public_url=None,
            has_cors=True,
        ),
        more_routes=[Route("/failing", fail)],
        observer=house.reports,
        log_unexpected=house.reports.log_unexpected,
    )
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        answer = await client.get("/failing")
    ((_, support_id),) = house.reports.unexpected
    assert answer.status_code == 500
    assert answer.json() == {"error": "unexpected", "supportId": support_id}
    assert lacking(answer) == {}


def test_who_says_something_else_of_a_header_says_it_alone() -> None:
    own = (b"Content-Security-Policy", b"default-src 'self'")
    assert [header for header in secured([own]) if header[0].lower() == own[0].lower()] == [own]
    assert len(secured([own])) == len(SECURITY_HEADERS)


@control("headers-on-all")
def test_an_answer_without_one_of_them_is_noticed() -> None:
    headers = {name: value for name, value in ALL.items() if name != "referrer-policy"}
    assert lacking(httpx2.Response(200, headers=headers)) == {"referrer-policy": None}
    twice = [*ALL.items(), ("cache-control", "max-age=60")]
    assert lacking(httpx2.Response(200, headers=twice)).keys() == {"cache-control"}
