"""The edge as a whole: routes, methods, letter case, limits, headers, reports."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from lastschrift.web.app import build_app
from lastschrift.web.bearer import BearerTokens
from lastschrift.web.http import AsgiScope, Edge
from tests.house import BASE_URL, House, Reports, all_apis

pytestmark = pytest.mark.anyio

CUSTOMERS = "/api/v2/Payment/Customers"
CONTAINERS = "/api/v2/Payment/Containers"
PAYMENT_METHODS = "/pay/2024-1/payment-methods"
UNKNOWN_TOKEN = {"Authorization": "Bearer gm3594cd1vvqffokcf1lc8t735"}


async def headers_of(house: House, *scopes: str) -> dict[str, str]:
    client, secret = await house.open_contract()
    form = {
        "grant_type": "client_credentials",
        "client_id": client.id.hex,
        "client_secret": secret.reveal(),
        "scope": " ".join(scopes),
    }
    answer = await house.client.post("/oauth/token", data=form)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


# --- routes and methods ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/api", "/oauth", "/pay", "/nothing", "/API2/x"])
async def test_what_is_no_apis_path_is_not_answered_by_one(house: House, path: str) -> None:
    answer = await house.client.get(path)
    assert answer.status_code == 404
    assert house.reports.answered_requests == []


@pytest.mark.parametrize("prefix", ["/api/", "/oauth/", "/pay/"])
@pytest.mark.parametrize("rest", ["", "nothing", "v2/%2F..%2F", "ä", "a%0A", "a%0Ab", "x" * 2_000])
async def test_below_an_apis_prefix_it_answers_in_its_own_shape(
    house: House, prefix: str, rest: str
) -> None:
    answer = await house.client.get(prefix + rest, headers=UNKNOWN_TOKEN)
    assert answer.status_code in {401, 404}
    assert answer.headers["content-type"].startswith("application/")
    assert answer.json().keys() & {"error", "errors"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
async def test_a_method_that_there_is_not_is_told_those_there_are(
    house: House, method: str
) -> None:
    answer = await house.client.request(method, "/oauth/token")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "OPTIONS, POST"


async def test_head_is_get(house: House) -> None:
    headers = await headers_of(house)
    got = await house.client.get(CUSTOMERS, headers=headers)
    asked = await house.client.head(CUSTOMERS, headers=headers)
    assert asked.status_code == got.status_code == 200
    assert asked.headers == got.headers


@pytest.mark.parametrize("path", [CONTAINERS, CONTAINERS.lower(), CONTAINERS.upper()])
async def test_the_fast_lane_and_the_router_answer_alike(house: House, path: str) -> None:
    headers = await headers_of(house)
    body = {"private": {"owner": "John Doe", "iban": "DE89370400440532013000"}}
    answer = await house.client.post(path, headers=headers, json=body)
    assert answer.status_code == 200
    assert answer.json()["object"] == "payment.containers"
    assert house.reports.answered_requests[-1] == (CONTAINERS, 200)


async def test_an_encoded_path_is_the_path(house: House) -> None:
    answer = await house.client.get("/api/v2/%50ayment/Customers", headers=await headers_of(house))
    assert answer.status_code == 200


async def test_no_letter_but_a_to_z_is_folded(house: House) -> None:
    answer = await house.client.get(
        "/api/v2/Payment/Cu\u017ftomers"
    )  # the long s, whose capital is S
    assert answer.status_code == 404


# --- queries --------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["&".join(["a=1"] * 101), "a=" + "&" * 200])
async def test_a_query_of_too_many_fields_is_refused(house: House, query: str) -> None:
    answer = await house.client.get(f"{CUSTOMERS}?{query}", headers=await headers_of(house))
    assert answer.status_code == 422


@pytest.mark.parametrize("query", ["%FF=%FE", "count=%00", "%zz", "=", "count=1;offset=2"])
async def test_a_strange_query_breaks_nothing(house: House, query: str) -> None:
    answer = await house.client.get(f"{CUSTOMERS}?{query}", headers=await headers_of(house))
    assert answer.status_code in {200, 422}


# --- bodies ---------------------------------------------------------------------------------------

LIMIT = 65_536


@pytest.mark.parametrize(("length", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
async def test_a_body_may_have_so_many_bytes_and_not_one_more(
    house: House, length: int, status: int
) -> None:
    body = b'{"contact": {"forename": "John"}}'.ljust(length)
    answer = await house.client.post(CUSTOMERS, headers=await headers_of(house), content=body)
    assert answer.status_code == status


async def test_a_body_that_comes_in_pieces_has_the_same_limit(house: House) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b" " * 4_096

    answer = await house.client.post(CUSTOMERS, headers=await headers_of(house), content=pieces())
    assert answer.status_code == 413


async def test_a_body_that_comes_in_pieces_is_put_together(house: House) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in b'{"contact": {"forename": "J\xc3\xbcrgen"}}':
            yield bytes([byte])

    answer = await house.client.post(CUSTOMERS, headers=await headers_of(house), content=pieces())
    assert answer.json()["contact"]["forename"] == "Jürgen"


async def test_a_client_that_goes_away_is_not_answered(house: House) -> None:
    headers = await headers_of(house)
    sent = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    scope: AsgiScope = {
        "type": "http",
        "method": "POST",
        "path": CUSTOMERS,
        "query_string": b"",
        "scheme": "http",
        "headers": [(b"authorization", headers["Authorization"].encode())],
    }
    app = build_app(
        all_apis(), edge_of(house), more_routes=[], observer=Reports(), log_unexpected=fail
    )
    await app(scope, receive, send)
    assert sent == []


# --- what every answer carries --------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/oauth/token", CUSTOMERS, PAYMENT_METHODS, "/pay/nothing"])
async def test_no_answer_is_kept_by_caches_or_guessed_at_by_browsers(
    house: House, path: str
) -> None:
    answer = await house.client.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_cross_origin_headers_can_be_switched_off(house: House) -> None:
    apis = [api for api in all_apis(has_cors=False) if api.name != "pace"]
    app = build_app(apis, edge_of(house), more_routes=[], observer=Reports(), log_unexpected=fail)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        for path in ("/oauth/token", CUSTOMERS):
            answer = await client.options(path)
            assert answer.status_code == 405
            assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_pace_lets_no_browser_of_elsewhere_call_it(house: House) -> None:
    answer = await house.client.options(PAYMENT_METHODS, headers=UNKNOWN_TOKEN)
    assert not [name for name in answer.headers if name.startswith("access-control")]


# --- reports --------------------------------------------------------------------------------------


async def test_requests_are_reported_by_route_not_by_path(house: House) -> None:
    await house.client.get(CUSTOMERS.lower() + "/PCU_1")
    await house.client.get("/api/v2/whatever/PCU_1")
    await house.client.put(CUSTOMERS)
    assert house.reports.answered_requests == [
        (CUSTOMERS + "/{id}", 403),
        ("/api/…", 404),
        (CUSTOMERS, 405),
    ]


async def test_an_unexpected_error_goes_out_as_the_id_that_is_logged(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = await headers_of(house)
    monkeypatch.delattr(type(house.store), "read")
    house.bearer.forget()
    answer = await house.client.get(CUSTOMERS, headers=headers)
    ((_, support_id),) = house.reports.unexpected
    assert answer.status_code == 500
    assert answer.json()["supportId"] == support_id


def edge_of(house: House) -> Edge:
    return Edge(
        ports=house.ports,
        bearer=BearerTokens(house.ports, house.limits),
        limits=house.limits,
        body_bytes_max=LIMIT,
        public_url=None,
        has_cors=False,
    )


def fail(error: BaseException, support_id: str, where: str) -> None:
    raise AssertionError(support_id, where) from error
