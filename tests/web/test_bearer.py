"""Bearer tokens: read from the header alone, remembered for a second at most."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from lastschrift.domain.access import Principal, Scope, Secret
from lastschrift.domain.errors import StoreFailed, TokenMissing, TokenRefused
from lastschrift.operations.issue_access_token import IssueAccessToken, issue_access_token
from lastschrift.operations.ports import Reader
from lastschrift.operations.revoke_client import revoke_client
from tests.house import House

pytestmark = pytest.mark.anyio


def peer() -> str:
    return "192.0.2.1"


async def token_of(house: House, scope: Scope = Scope.SECUCONNECT) -> Secret:
    client, secret = await house.open_contract()
    command = IssueAccessToken(client_id=client.id, client_secret=secret, scopes=[scope])
    return (await issue_access_token(house.ports, command)).token


async def principal_of(house: House, token: Secret, scheme: str = "Bearer ") -> Principal:
    return await house.bearer.principal(f"{scheme}{token.reveal()}".encode(), peer)


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
async def test_the_schemes_letter_case_does_not_matter(house: House, scheme: str) -> None:
    assert (await principal_of(house, await token_of(house), scheme)).scopes == {Scope.SECUCONNECT}


@pytest.mark.parametrize(
    "header", [None, b"", b"Bearer", b"Bearer ", b"Basic eA==", b"Bearer a b", b"Bearer \xff"]
)
async def test_what_is_no_bearer_token_counts_as_none(house: House, header: bytes | None) -> None:
    with pytest.raises(TokenMissing):
        await house.bearer.principal(header, peer)


async def test_an_unknown_token_is_refused_each_time(house: House) -> None:
    for _ in range(2):
        with pytest.raises(TokenRefused):
            await house.bearer.principal(b"Bearer gm3594cd1vvqffokcf1lc8t735", peer)


async def test_a_token_is_known_for_a_second_without_asking_again(house: House) -> None:
    token = await token_of(house)
    principal = await principal_of(house, token)
    await revoke_client(house.ports, principal.client_id)
    house.clock.advance(0.999)
    assert await principal_of(house, token) is principal
    house.clock.advance(0.001)
    with pytest.raises(TokenRefused):
        await principal_of(house, token)


async def test_a_clock_that_is_set_back_keeps_no_token_known(house: House) -> None:
    token = await token_of(house)
    house.clock.advance(600)
    principal = await principal_of(house, token)
    await revoke_client(house.ports, principal.client_id)
    house.clock.advance(-300)
    with pytest.raises(TokenRefused):
        await principal_of(house, token)


async def test_forgetting_makes_a_revocation_act_at_once(house: House) -> None:
    token = await token_of(house)
    principal = await principal_of(house, token)
    await revoke_client(house.ports, principal.client_id)
    house.bearer.forget()
    with pytest.raises(TokenRefused):
        await principal_of(house, token)


async def test_a_token_is_not_known_past_its_expiry(house: House) -> None:
    token = await token_of(house)
    house.clock.advance(1199.5)
    await principal_of(house, token)
    house.clock.advance(0.5)
    with pytest.raises(TokenRefused):
        await principal_of(house, token)


async def test_each_token_is_its_own(house: House) -> None:
    first, second = await token_of(house), await token_of(house, Scope.PACE_READ)
    for _ in range(2):
        assert (await principal_of(house, first)).scopes == {Scope.SECUCONNECT}
        assert (await principal_of(house, second)).scopes == {Scope.PACE_READ}


async def test_no_token_is_remembered_in_clear(house: House) -> None:
    token = await token_of(house)
    await principal_of(house, token)
    assert token.reveal() not in repr(vars(house.bearer))
    assert token.reveal().encode() not in b"".join(house.bearer._remembered)


async def test_many_at_once_with_one_token_make_one_look_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await token_of(house)
    read, looked = house.store.read, []

    async def counting(query: Callable[[Reader], Coroutine[Any, Any, Any]]) -> object:
        looked.append(query)
        await asyncio.sleep(0)
        return await read(query)

    monkeypatch.setattr(house.store, "read", counting)
    found = await asyncio.gather(*[principal_of(house, token) for _ in range(20)])
    assert len(looked) == 1
    assert len({id(principal) for principal in found}) == 1


async def test_a_look_up_that_fails_fails_for_all_who_wait_and_is_not_remembered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await token_of(house)

    async def broken(_query: object) -> object:
        await asyncio.sleep(0)
        raise StoreFailed

    with monkeypatch.context() as patched:
        patched.setattr(house.store, "read", broken)
        asked = [principal_of(house, token) for _ in range(5)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreFailed] * 5
    assert (await principal_of(house, token)).scopes == {Scope.SECUCONNECT}


async def test_who_leaves_first_takes_nobody_along(house: House) -> None:
    token = await token_of(house)
    first, second = (asyncio.create_task(principal_of(house, token)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).scopes == {Scope.SECUCONNECT}


async def test_nobody_joins_a_look_up_that_began_before_a_revocation_that_counts_by_now(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await token_of(house)
    client_id = (await principal_of(house, token)).client_id
    house.clock.advance(1)
    read, has_read, may_answer = house.store.read, asyncio.Event(), asyncio.Event()

    async def late(query: Callable[[Reader], Coroutine[Any, Any, Any]]) -> object:
        found = await read(query)
        has_read.set()
        await may_answer.wait()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(house.store, "read", late)
        first = asyncio.create_task(principal_of(house, token))
        await has_read.wait()
    await revoke_client(house.ports, client_id)
    house.clock.advance(0.999)
    joined = asyncio.create_task(principal_of(house, token))
    await asyncio.sleep(0)
    house.clock.advance(0.001)
    async with asyncio.timeout(10):
        with pytest.raises(TokenRefused):
            await principal_of(house, token)
    may_answer.set()
    assert await joined is await first
