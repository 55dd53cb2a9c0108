"""PACE's operations over the real house: what is checked first, and what every answer carries."""

import json
import re
from collections.abc import Mapping
from uuid import UUID

import httpx2
import pytest

from lastschrift.apis.pace.paths import payment_method_url
from lastschrift.domain.access import Client, Scope, Secret
from lastschrift.domain.identity import AccountId
from lastschrift.operations.issue_access_token import IssueAccessToken, issue_access_token
from lastschrift.web.http import Edge, Header, Request
from tests.apis.pace_bodies import LEFT_OUT, SEED_ID, create_body
from tests.house import BASE_URL, House
from tests.storage.filling import german_iban

pytestmark = pytest.mark.anyio

METHODS = "/pay/2024-1/payment-methods"
SEPA = METHODS + "/sepa-direct-debit"
METHOD = f"{METHODS}/{SEED_ID}"
KINDS = "/pay/2024-1/payment-method-kinds"
OTHER_ID = "d7101f72-a672-453c-9d36-d5809ef0ded6"
OTHER_IBAN = "AT611904300234573201"
EVERY_SCOPE = tuple(Scope)
MEDIA_TYPE = "application/vnd.api+json"

Headers = dict[str, str]


async def bearer(house: House, client: tuple[Client, Secret], *scopes: Scope) -> Headers:
    command = IssueAccessToken(client_id=client[0].id, client_secret=client[1], scopes=scopes)
    issued = await issue_access_token(house.ports, command)
    return {"Authorization": f"Bearer {issued.token.reveal()}"}


async def payer(house: House) -> Headers:
    """Return the headers of a client that may do everything, JSON:API included."""
    token = await bearer(house, await house.open_contract(), *EVERY_SCOPE)
    return {**token, "Content-Type": MEDIA_TYPE}


async def create(house: House, headers: Headers, body: bytes | None = None) -> httpx2.Response:
    return await house.client.post(SEPA, headers=headers, content=body or create_body())


def codes(answer: httpx2.Response) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


# --- the order of checks --------------------------------------------------------------------------


async def test_a_registration_is_checked_in_the_documented_order(house: House) -> None:
    client = await house.open_contract()
    read_only = await bearer(house, client, Scope.PACE_READ)
    allowed = await bearer(house, client, Scope.PACE_CREATE)
    accepting = {**allowed, "Accept": MEDIA_TYPE}
    typed = {**accepting, "Content-Type": MEDIA_TYPE}
    text = {"Accept": "text/html", "Content-Type": "text/plain"}
    large = b" " * 65_537
    ladder: list[tuple[int, Mapping[str, str], bytes]] = [
        (401, text, large),
        (403, {**text, **read_only}, large),
        (406, {**text, **allowed}, large),
        (415, {**text, **accepting}, large),
        (413, typed, large),
        (400, typed, b"[]"),
        (422, typed, create_body(type="x", id="x")),
        (409, typed, create_body(type="x")),
        (201, typed, create_body()),
        (303, typed, create_body()),
    ]
    for status, headers, body in ladder:
        answer = await house.client.post(SEPA, headers=headers, content=body)
        assert answer.status_code == status


async def test_a_change_is_checked_in_the_documented_order(house: House) -> None:
    client = await house.open_contract()
    creating = await bearer(house, client, Scope.PACE_CREATE)
    await create(house, {**creating, "Content-Type": MEDIA_TYPE})
    allowed = await bearer(house, client, Scope.PACE_PATCH)
    accepting = {**allowed, "Accept": MEDIA_TYPE}
    typed = {**accepting, "Content-Type": MEDIA_TYPE}
    text = {"Accept": "text/html", "Content-Type": "text/plain"}
    large = b" " * 65_537
    unknown = f"{METHODS}/{OTHER_ID}"
    ladder: list[tuple[int, str, Mapping[str, str], bytes]] = [
        (401, unknown, text, large),
        (403, unknown, {**text, **creating}, large),
        (404, unknown, {**text, **allowed}, large),
        (406, METHOD, {**text, **allowed}, large),
        (415, METHOD, {**text, **accepting}, large),
        (413, METHOD, typed, large),
        (400, METHOD, typed, b"[]"),
        (422, METHOD, typed, change_body(type="x", alias=5)),
        (409, METHOD, typed, change_body(type="x", alias="Fleet")),
        (200, METHOD, typed, change_body(type="paymentMethod", alias="Fleet")),
    ]
    for status, path, headers, body in ladder:
        answer = await house.client.patch(path, headers=headers, content=body)
        assert answer.status_code == status


def change_body(*, type: str, alias: object) -> bytes:  # noqa: A002  # the member's name
    return json.dumps(
        {"data": {"id": SEED_ID, "type": type, "attributes": {"alias": alias}}}
    ).encode()


async def test_what_exists_already_is_told_before_a_taken_id(house: House) -> None:
    headers = await payer(house)
    await create(house, headers)
    other = create_body(id=OTHER_ID, attributes={"iban": OTHER_IBAN})
    assert (await create(house, headers, other)).status_code == 201
    answer = await create(house, headers, create_body(id=OTHER_ID))
    assert answer.status_code == 303
    assert answer.headers["Location"] == BASE_URL + METHOD
    taken = await create(
        house, headers, create_body(attributes={"iban": "FR1420041010050500013M02606"})
    )
    assert taken.status_code == 409


async def test_a_missing_scope_is_told_before_a_missing_identity(house: House) -> None:
    client = await house.open_contract(has_identity=False)
    wrong = await create(house, await bearer(house, client, Scope.PACE_READ))
    right = await create(house, await bearer(house, client, Scope.PACE_CREATE))
    assert (wrong.status_code, right.status_code) == (403, 401)
    assert codes(right) == ["missing-linked-identity"]


@pytest.mark.parametrize("scope", [Scope.PACE_CREATE, Scope.PACE_CREATE_SEPA])
async def test_either_of_two_scopes_lets_register(house: House, scope: Scope) -> None:
    token = await bearer(house, await house.open_contract(), scope)
    answer = await create(house, {**token, "Content-Type": MEDIA_TYPE})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", METHODS, Scope.PACE_READ),
        ("GET", METHOD, Scope.PACE_READ),
        ("GET", KINDS, Scope.PACE_READ),
        ("PATCH", METHOD, Scope.PACE_PATCH),
        ("DELETE", METHOD, Scope.PACE_DELETE),
        ("DELETE", METHODS, Scope.PACE_DELETE),
    ],
)
async def test_every_operation_asks_for_its_scope(
    house: House, method: str, path: str, scope: Scope
) -> None:
    client = await house.open_contract()
    others = await bearer(house, client, *(each for each in Scope if each != scope))
    refused = await house.client.request(method, path, headers=others)
    allowed = await house.client.request(method, path, headers=await bearer(house, client, scope))
    assert refused.status_code == 403
    assert allowed.status_code in {200, 204, 404}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/pay/2024-1/nothing", 404),
        ("GET", METHODS + "/", 404),
        ("GET", SEPA, 405),
        ("PATCH", METHODS, 405),
    ],
)
async def test_who_has_no_token_does_not_learn_what_there_is(
    house: House, method: str, path: str, status: int
) -> None:
    token = await bearer(house, await house.open_contract(), Scope.PACE_READ)
    assert (await house.client.request(method, path)).status_code == 401
    assert (await house.client.request(method, path, headers=token)).status_code == status


# --- payment methods ------------------------------------------------------------------------------


async def test_a_payment_method_is_found_where_303_points(house: House) -> None:
    headers = await payer(house)
    created = await create(house, headers)
    again = await create(house, headers, create_body(id=LEFT_OUT, attributes={"company": "Other"}))
    found = await house.client.get(again.headers["Location"], headers=headers)
    assert again.status_code == 303
    assert again.content == b""
    assert found.json() == created.json()


async def test_an_id_is_shown_in_lower_case_and_found_in_either(house: House) -> None:
    headers = await payer(house)
    created = await create(house, headers, create_body(id=SEED_ID.upper()))
    found = await house.client.get(f"{METHODS}/{SEED_ID.upper()}", headers=headers)
    assert created.json()["data"]["id"] == SEED_ID
    assert found.json() == created.json()


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("name", ["x", SEED_ID.replace("-", ""), "%00", OTHER_ID])
async def test_what_names_no_payment_method_is_not_found(
    house: House, method: str, name: str
) -> None:
    headers = await payer(house)
    answer = await house.client.request(method, f"{METHODS}/{name}", headers=headers)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["source"] == {"parameter": "paymentMethodId"}


async def test_payment_methods_are_listed_oldest_first(house: House) -> None:
    headers = await payer(house)
    first = await create(house, headers)
    house.clock.advance(1)
    second = await create(house, headers, create_body(id=LEFT_OUT, attributes={"iban": OTHER_IBAN}))
    listed = await house.client.get(METHODS, headers=headers)
    assert listed.json()["data"] == [first.json()["data"], second.json()["data"]]


async def test_a_deleted_payment_method_is_gone_and_its_id_stays_taken(house: House) -> None:
    headers = await payer(house)
    await create(house, headers)
    deleted = await house.client.request("DELETE", METHOD, headers=headers, content=b"ignored")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await house.client.get(METHOD, headers=headers)).status_code == 404
    assert (await house.client.delete(METHOD, headers=headers)).status_code == 404
    assert (await create(house, headers)).status_code == 409
    assert (await create(house, headers, create_body(id=LEFT_OUT))).status_code == 201


async def test_nobody_sees_or_deletes_anothers_payment_method(house: House) -> None:
    await create(house, await payer(house))
    stranger = await payer(house)
    assert (await house.client.get(METHOD, headers=stranger)).status_code == 404
    assert (await house.client.delete(METHOD, headers=stranger)).status_code == 404
    assert (await house.client.get(METHODS, headers=stranger)).json() == {"data": []}
    assert (await create(house, stranger)).status_code == 201


async def test_a_change_is_seen_where_the_payment_method_is_read_and_listed(house: House) -> None:
    headers = await payer(house)
    await create(house, headers)
    changed = await house.client.patch(
        METHOD, headers=headers, content=change_body(type="paymentMethod", alias="Fleet")
    )
    assert changed.json()["data"]["attributes"]["alias"] == "Fleet"
    assert (await house.client.get(METHOD, headers=headers)).json() == changed.json()
    listed = (await house.client.get(METHODS, headers=headers)).json()
    assert listed == {"data": [changed.json()["data"]]}


async def test_the_links_of_pages_lead_through_the_whole_list_and_back(house: House) -> None:
    headers = await payer(house)
    expected = []
    for number in range(5):
        iban = german_iban(number).reveal()
        body = create_body(id=LEFT_OUT, attributes={"iban": iban})
        expected.append((await create(house, headers, body)).json()["data"])
        house.clock.advance(1)
    seen, back = [], []
    url = f"{METHODS}?page[size]=2&filter[status]=valid"
    while url:
        page = (await house.client.get(url, headers=headers)).json()
        seen += page["data"]
        url, last = page["links"].get("next"), page["links"]
    assert seen == expected
    while "prev" in last:
        page = (await house.client.get(last["prev"], headers=headers)).json()
        back.append(page["data"])
        last = page["links"]
    assert back == [expected[2:4], expected[:2]]
    first = await house.client.get(last["first"], headers=headers)
    assert first.json()["data"] == expected[:2]


async def test_deleting_all_deletes_the_payers_own(house: House) -> None:
    headers, stranger = await payer(house), await payer(house)
    for each in (headers, stranger):
        await create(house, each)
    deleted = await house.client.delete(METHODS, headers=headers)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await house.client.get(METHODS, headers=headers)).json() == {"data": []}
    assert len((await house.client.get(METHODS, headers=stranger)).json()["data"]) == 1
    assert (await house.client.delete(METHODS, headers=headers)).status_code == 204


@pytest.mark.parametrize("accept", ["application/json", "text/html", MEDIA_TYPE])
async def test_operations_without_a_body_do_not_look_at_accept(house: House, accept: str) -> None:
    headers = {**await payer(house), "Accept": accept}
    await create(house, {**headers, "Accept": "*/*"})
    for path in (METHODS, METHOD):
        answer = await house.client.get(path, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert (await house.client.delete(METHOD, headers=headers)).status_code == 204


async def test_a_second_accept_header_counts_too(house: House) -> None:
    headers = [*(await payer(house)).items(), ("Accept", "text/html"), ("Accept", MEDIA_TYPE)]
    answer = await house.client.post(SEPA, headers=headers, content=create_body())
    assert answer.status_code == 201


# --- what every answer carries --------------------------------------------------------------------


@pytest.mark.parametrize("path", [METHODS, METHOD, SEPA, "/pay/x"])
async def test_every_answer_carries_a_request_id_of_its_own(house: House, path: str) -> None:
    headers = await payer(house)
    answers = [await house.client.get(path, headers=headers) for _ in range(2)]
    answers.append(await house.client.get(path))
    found = {answer.headers["Request-Id"] for answer in answers}
    assert len(found) == 3
    assert all(re.fullmatch("[0-9a-v]{20}", each) for each in found)


async def test_a_request_id_is_given_back(house: House) -> None:
    sent = {"Request-Id": "cbgmhslmp1o9or9kh1p0"}
    answer = await house.client.get(METHODS, headers=sent)
    assert answer.headers["Request-Id"] == sent["Request-Id"]


async def test_answers_without_a_body_have_no_media_type(house: House) -> None:
    headers = await payer(house)
    await create(house, headers)
    again = await create(house, headers)
    deleted = await house.client.delete(METHOD, headers=headers)
    for answer in (again, deleted):
        assert "Content-Type" not in answer.headers


# --- where things are -----------------------------------------------------------------------------

HOST = (b"host", b"127.0.0.1:8081")


@pytest.mark.parametrize(
    ("public_url", "headers", "url"),
    [
        ("https://pay.example.com/base", [HOST], "https://pay.example.com/base" + METHOD),
        (None, [HOST], "http://127.0.0.1:8081" + METHOD),
        (None, [], METHOD),
    ],
)
async def test_a_url_begins_as_the_setting_or_the_request_does(
    house: House, public_url: str | None, headers: list[Header], url: str
) -> None:
    edge = Edge(
        ports=house.ports,
        bearer=house.bearer,
        limits=house.limits,
        body_bytes_max=0,
        public_url=public_url,
        has_cors=False,
    )
    request = Request({"scheme": "http", "headers": headers}, no_body, edge)
    assert payment_method_url(request, AccountId(UUID(SEED_ID))) == url.encode()


async def no_body() -> dict[str, object]:
    return {"type": "http.disconnect"}
