"""Idempotency keys over the wire: many requests at once, and both headers for one key."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from tests.apis.test_two_views import CONTAINERS, CUSTOMERS, IBAN, token_of
from tests.house import House

pytestmark = pytest.mark.anyio

CUSTOMER = {"contact": {"forename": "John", "surname": "Doe"}}
CONTAINER = {"private": {"owner": "John Doe", "iban": IBAN}}


async def headers_of(house: House) -> dict[str, str]:
    client, secret = await house.open_contract()
    return {"authorization": f"Bearer {await token_of(house, client, secret)}"}


async def total(house: House, path: str, headers: Mapping[str, str]) -> int:
    return int((await house.client.get(path, headers=headers)).json()["count"])


@pytest.mark.parametrize(("path", "body"), [(CUSTOMERS, CUSTOMER), (CONTAINERS, CONTAINER)])
async def test_many_equal_requests_at_once_create_one(
    house: House, path: str, body: dict[str, Any]
) -> None:
    headers = await headers_of(house)

    async def post(name: str) -> httpx2.Response:
        return await house.client.post(path, headers={**headers, name: "order-4711"}, json=body)

    names = ["Idempotency-Key", "X-Action"] * 32
    answers = await asyncio.gather(*map(post, names))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    replayed = [answer for answer in answers if "idempotency-replayed" in answer.headers]
    assert len(replayed) == len(answers) - 1
    assert await total(house, path, headers) == 1


async def test_a_key_is_not_told_to_another_contract(house: House) -> None:
    for headers in (await headers_of(house), await headers_of(house)):
        key = {"idempotency-key": "order-4711"}
        answer = await house.client.post(CUSTOMERS, headers={**headers, **key}, json=CUSTOMER)
        assert answer.status_code == 200
        assert "idempotency-replayed" not in answer.headers


async def test_a_refused_request_leaves_its_key_unused(house: House) -> None:
    headers = {**await headers_of(house), "idempotency-key": "order-4711"}
    wrong = {"private": {"owner": "John Doe", "iban": "DE00370400440532013000"}}
    assert (await house.client.post(CONTAINERS, headers=headers, json=wrong)).status_code == 422
    right = await house.client.post(CONTAINERS, headers=headers, json=CONTAINER)
    assert right.status_code == 200
    assert "idempotency-replayed" not in right.headers
