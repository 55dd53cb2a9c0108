"""The hot lane: what is served there is served as anywhere else, however its request comes in."""

import asyncio
import json
from collections.abc import Iterator
from itertools import count

import httpx2
import pytest

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from lastschrift.web.connection.errand import run_errand
from tests.serving import RunningServer, running_sandbox
from tests.storage.filling import german_iban
from tests.web.hostile.heads import Header
from tests.web.hostile.wire import exchange, request

CONTAINERS = b"/api/v2/Payment/Containers"
NUMBERS = count()


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def token(server: RunningServer) -> Header:
    asked = {
        "grant_type": "client_credentials",
        "client_id": DEMO_CLIENT_ID,
        "client_secret": DEMO_CLIENT_SECRET,
    }
    answer = httpx2.post(f"{server.url}/oauth/token", data=asked)
    return b"Authorization", f"Bearer {answer.json()['access_token']}".encode()


def new_body(padding: int = 0) -> bytes:
    iban = german_iban(next(NUMBERS)).reveal()
    return json.dumps({"private": {"iban": iban}, "unknown": "x" * padding}).encode()


def length_of(body: bytes) -> Header:
    return b"Content-Length", b"%d" % len(body)


# --- on the wire ----------------------------------------------------------------------------------


def test_a_body_that_comes_with_its_head_is_taken(server: RunningServer, token: Header) -> None:
    body = new_body()
    whole = request(b"POST", CONTAINERS, token, length_of(body), body=body)
    assert exchange(server.port, whole).answer().status_code == 200


def test_a_body_that_comes_in_pieces_is_taken(server: RunningServer, token: Header) -> None:
    body = new_body()
    pieces = [body[place : place + 1] for place in range(len(body))]
    head = request(b"POST", CONTAINERS, token, length_of(body))
    assert exchange(server.port, head, *pieces).answer().status_code == 200


def test_a_body_in_chunks_is_taken(server: RunningServer, token: Header) -> None:
    body = new_body()
    head = request(b"POST", CONTAINERS, token, (b"Transfer-Encoding", b"chunked"))
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert exchange(server.port, head, chunks).answer().status_code == 200


def test_a_body_that_waits_to_be_asked_for_is_taken(server: RunningServer, token: Header) -> None:
    body = new_body()
    expecting = (b"Expect", b"100-continue")
    head = request(b"POST", CONTAINERS, token, length_of(body), expecting)
    asked, answered = exchange(server.port, head, body).answers()
    assert (asked.status_code, answered.status_code) == (100, 200)


def test_a_body_that_is_too_long_is_refused(server: RunningServer, token: Header) -> None:
    body = new_body(padding=70_000)
    whole = request(b"POST", CONTAINERS, token, length_of(body), body=body)
    assert exchange(server.port, whole).answer().status_code == 413


def test_no_body_is_refused_as_anywhere_else(server: RunningServer, token: Header) -> None:
    whole = request(b"POST", CONTAINERS, token, length_of(b""))
    assert exchange(server.port, whole).answer().status_code == 422


def test_requests_that_do_not_wait_for_answers_get_them_in_order(
    server: RunningServer, token: Header
) -> None:
    body = new_body()
    first = request(b"POST", CONTAINERS, token, length_of(body), body=body)
    keep = first.replace(b"Connection: close\r\n", b"")
    answers = exchange(server.port, keep + keep, keep + first).answers()
    assert [answer.status_code for answer in answers] == [200] * 4  # nobody's account may repeat
    assert len({answer.json()["id"] for answer in answers}) == 4


def test_who_leaves_before_the_end_of_the_body_registers_nothing(
    server: RunningServer, token: Header
) -> None:
    body = new_body()
    begun = request(b"POST", CONTAINERS, token, length_of(body), body=body[:-1])
    assert exchange(server.port, begun, has_end=True).data == b""


# --- errands --------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_an_errand_awaits_what_is_not_there_yet() -> None:
    loop = asyncio.get_running_loop()
    there, done = loop.create_future(), loop.create_future()

    async def errand() -> None:
        done.set_result(await there)

    run_errand(loop, errand(), done.set_exception)
    loop.call_soon(lambda: there.set_result("result"))
    assert await done == "result"


@pytest.mark.anyio
async def test_an_errand_gets_the_error_of_what_it_awaits() -> None:
    loop = asyncio.get_running_loop()
    there, done = loop.create_future(), loop.create_future()

    async def errand() -> None:
        try:
            await there
        except ZeroDivisionError:
            done.set_result("met")

    run_errand(loop, errand(), done.set_exception)
    loop.call_soon(lambda: there.set_exception(ZeroDivisionError()))
    assert await done == "met"


@pytest.mark.anyio
async def test_what_an_errand_raises_is_told_and_its_neighbours_go_on() -> None:
    loop = asyncio.get_running_loop()
    failed: list[BaseException] = []
    done = loop.create_future()

    async def fail() -> None:
        raise ZeroDivisionError

    async def go_on() -> None:
        done.set_result(None)

    run_errand(loop, fail(), failed.append)
    run_errand(loop, go_on(), failed.append)
    await done
    assert [type(error) for error in failed] == [ZeroDivisionError]


@pytest.mark.anyio
async def test_the_end_of_an_errand_is_told_once_however_it_went() -> None:
    loop = asyncio.get_running_loop()
    there = loop.create_future()
    ended: list[str] = []

    async def go_on() -> None:
        await there

    async def fail() -> None:
        await there
        raise ZeroDivisionError

    run_errand(loop, go_on(), lambda _: None, lambda: ended.append("went on"))
    run_errand(loop, fail(), lambda _: None, lambda: ended.append("failed"))
    await asyncio.sleep(0)
    assert ended == []
    there.set_result(None)
    for _ in range(3):
        await asyncio.sleep(0)
    assert ended == ["went on", "failed"]
