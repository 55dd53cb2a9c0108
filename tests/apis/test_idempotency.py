"""Idempotency keys over the wire: many requests at once, and both headers for one key."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx2
import pytest

from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.operations.do_once import KeyedCommand, do_once
from lastschrift.operations.ports import Transaction
from tests.apis.test_two_views import CONTAINERS, CUSTOMERS, IBAN, token_of
from tests.house import House

pytestmark = pytest.mark.anyio

OTHER_IBAN = "DE02120300000000202051"
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


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_who_asks_while_the_first_is_running_waits_two_seconds_at_most(house: House) -> None:
    client, secret = await house.open_contract()
    headers = {"authorization": f"Bearer {await token_of(house, client, secret)}"}
    keyed = KeyedCommand(
        contract_id=client.contract_id,
        operation="register_bank_account",
        key=IdempotencyKey.parse("order-4711"),
        content=b"another account",
    )
    is_claimed, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_transaction: Transaction) -> None:
        is_claimed.set()
        await may_end.wait()

    async def post(key: str, iban: str) -> httpx2.Response:
        body = {"private": {"owner": "John Doe", "iban": iban}}
        named = {**headers, "idempotency-key": key}
        return await house.client.post(CONTAINERS, headers=named, json=body)

    first = asyncio.create_task(do_once(house.ports, keyed, UUID(int=1), slow))
    await is_claimed.wait()
    started = time.monotonic()
    refused, neighbour = await asyncio.gather(
        post("order-4711", IBAN), post("order-4712", OTHER_IBAN)
    )
    took_s = time.monotonic() - started
    assert (refused.status_code, refused.headers["retry-after"]) == (409, "1")
    assert neighbour.status_code == 200
    assert 2.0 <= took_s < 3.0  # of it 0.1 with its neighbour; the machine may be busy
    may_end.set()
    assert await first is None
    assert (await post("order-4711", IBAN)).status_code == 422
