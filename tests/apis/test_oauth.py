"""What the token endpoint's answers lead to: tokens revoked, guessing limited, nobody harmed."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import httpx2
import pytest

from lastschrift.domain.access import Client, Secret
from lastschrift.domain.errors import TokenRefused
from lastschrift.operations.ports import Reader
from lastschrift.web.bearer import BearerTokens
from tests.databases import looking_into
from tests.house import (
    CLIENT_FAILURES_MAX,
    PEER,
    SOURCE_FAILURES_MAX,
    House,
    usual_limits,
)

pytestmark = pytest.mark.anyio

ELSEWHERE = "198.51.100.1"
CUSTOMERS = "/api/v2/Payment/Customers"
METADATA = "/.well-known/oauth-authorization-server"
UNKNOWN_CLIENT = "1" * 32

Form = Mapping[str, str]


def form_of(client: Client, secret: Secret, **more: str) -> Form:
    return {"client_id": client.id.hex, "client_secret": secret.reveal(), **more}


async def ask_for_token(asking: httpx2.AsyncClient, form: Form) -> httpx2.Response:
    return await asking.post("/oauth/token", data={"grant_type": "client_credentials", **form})


async def token_for(house: House, form: Form) -> str:
    answer = await ask_for_token(house.client, form)
    token: str = answer.json()["access_token"]
    return token


async def status_with(asking: httpx2.AsyncClient, token: str) -> int:
    """Return how a request with a token is answered that would find nothing."""
    headers = {"Authorization": f"Bearer {token}"}
    return (await asking.get(f"{CUSTOMERS}/PCU_0", headers=headers)).status_code


def tokens_in(number: int) -> str:
    return f"{number:026}"


NOT_ASKED_FOR, REFUSED, NO_SUCH_CUSTOMER, LIMITED = 400, 403, 404, 429


# --- revoking -------------------------------------------------------------------------------------


async def test_a_revoked_token_is_refused_at_once_however_it_is_written(house: House) -> None:
    form = form_of(*await house.open_contract())
    token = await token_for(house, form)
    written = [f"Bearer {token}", f"bearer  {token}"]
    for header in written:
        answer = await house.client.get(CUSTOMERS + "/PCU_0", headers={"Authorization": header})
        assert answer.status_code == NO_SUCH_CUSTOMER
    await house.client.post("/oauth/revoke", data={**form, "token": token})
    for header in written:
        answer = await house.client.get(CUSTOMERS + "/PCU_0", headers={"Authorization": header})
        assert answer.status_code == REFUSED


async def test_a_revoked_token_is_refused_by_other_servers_within_a_second(house: House) -> None:
    form = form_of(*await house.open_contract())
    header = f"Bearer {await token_for(house, form)}".encode()
    another = BearerTokens(house.ports, usual_limits(house.clock))
    await another.principal(header, lambda: PEER)
    await house.client.post("/oauth/revoke", data={**form, "token": header.decode()[7:]})
    house.clock.advance(1)
    with pytest.raises(TokenRefused):
        await another.principal(header, lambda: PEER)


async def test_other_tokens_of_the_client_stay(house: House) -> None:
    form = form_of(*await house.open_contract())
    revoked, kept = await token_for(house, form), await token_for(house, form)
    await house.client.post("/oauth/revoke", data={**form, "token": revoked})
    assert await status_with(house.client, kept) == NO_SUCH_CUSTOMER


async def test_nobody_revokes_the_token_of_another_client(house: House) -> None:
    token = await token_for(house, form_of(*await house.open_contract()))
    other = form_of(*await house.open_contract())
    answer = await house.client.post("/oauth/revoke", data={**other, "token": token})
    assert answer.status_code == 200
    assert await status_with(house.client, token) == NO_SUCH_CUSTOMER


@pytest.mark.parametrize("secret", ["", "wrong"])
async def test_nobody_revokes_a_token_without_the_secret(house: House, secret: str) -> None:
    form = form_of(*await house.open_contract())
    token = await token_for(house, form)
    answer = await house.client.post(
        "/oauth/revoke", data={**form, "client_secret": secret, "token": token}
    )
    assert answer.status_code == 400
    assert await status_with(house.client, token) == NO_SUCH_CUSTOMER


async def test_a_revocation_is_written_down_once(house: House) -> None:
    client, secret = await house.open_contract()
    form = form_of(client, secret)
    token = await token_for(house, form)
    for _ in range(2):
        await house.client.post("/oauth/revoke", data={**form, "token": token})
    async with looking_into(house.database) as looking:
        rows = await looking.rows(
            "SELECT client_id, subject_id FROM audit_entry WHERE action = 'token.revoked'"
        )
    assert rows == [(client.id.bytes, client.id.bytes)]


async def test_a_look_up_begun_before_a_revocation_is_not_remembered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = form_of(*await house.open_contract())
    token = await token_for(house, form)
    read, found, may_go_on = house.store.read, asyncio.Event(), asyncio.Event()

    async def slowly(query: Callable[[Reader], Coroutine[Any, Any, Any]]) -> object:
        principal = await read(query)
        found.set()
        await may_go_on.wait()
        return principal

    with monkeypatch.context() as patched:
        patched.setattr(house.store, "read", slowly)
        before = asyncio.create_task(status_with(house.client, token))
        await found.wait()
    await house.client.post("/oauth/revoke", data={**form, "token": token})
    assert await status_with(house.client, token) == REFUSED
    may_go_on.set()
    assert await before == NO_SUCH_CUSTOMER
    assert await status_with(house.client, token) == REFUSED


# --- introspecting --------------------------------------------------------------------------------


async def test_introspection_tells_of_other_contracts_what_it_tells_of_nothing(
    house: House,
) -> None:
    form = form_of(*await house.open_contract())
    foreign = await token_for(house, form_of(*await house.open_contract()))
    answers = [
        await house.client.post("/oauth/introspect", data={**form, "token": token})
        for token in (foreign, tokens_in(1))
    ]
    assert answers[0].content == answers[1].content == b'{"active":false}'
    assert answers[0].headers == answers[1].headers


# --- metadata -------------------------------------------------------------------------------------


async def test_who_names_no_host_is_not_told_where_this_server_is(house: House) -> None:
    answer = await house.client.get(METADATA, headers={"Host": ""})
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


# --- guessing a secret ----------------------------------------------------------------------------


async def guess(asking: httpx2.AsyncClient, client_id: str, times: int) -> list[httpx2.Response]:
    forms = [{"client_id": client_id, "client_secret": f"guess {n}"} for n in range(times)]
    return [await ask_for_token(asking, form) for form in forms]


async def test_wrong_secrets_are_looked_at_up_to_the_limit(house: House) -> None:
    client, _ = await house.open_contract()
    answers = await guess(house.client, client.id.hex, CLIENT_FAILURES_MAX + 2)
    statuses = [answer.status_code for answer in answers]
    assert statuses == [NOT_ASKED_FOR] * CLIENT_FAILURES_MAX + [LIMITED] * 2
    assert answers[-1].headers["retry-after"] == "6"


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
async def test_it_does_not_matter_where_one_guesses(house: House, path: str) -> None:
    form = form_of(
        *await house.open_contract(), token=tokens_in(1), grant_type="client_credentials"
    )
    await guess(house.client, form["client_id"], CLIENT_FAILURES_MAX)
    assert (await house.client.post(path, data=form)).status_code == LIMITED


async def test_an_unknown_client_looks_like_a_wrong_secret_before_and_behind_the_limit(
    house: House,
) -> None:
    client, _ = await house.open_contract()
    times = CLIENT_FAILURES_MAX + 2
    known = await guess(house.client, client.id.hex, times)
    unknown = await guess(house.client, UNKNOWN_CLIENT, times)
    assert [(a.status_code, a.content, a.headers) for a in known] == [
        (a.status_code, a.content, a.headers) for a in unknown
    ]


async def test_behind_the_limit_nothing_is_looked_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = await house.open_contract()
    await guess(house.client, client.id.hex, CLIENT_FAILURES_MAX)
    monkeypatch.delattr(type(house.store), "read")
    (answer,) = await guess(house.client, client.id.hex, 1)
    assert answer.status_code == LIMITED
    assert not house.reports.unexpected


async def test_the_rightful_client_elsewhere_is_unharmed(house: House) -> None:
    client, secret = await house.open_contract()
    await guess(house.client, client.id.hex, 2 * SOURCE_FAILURES_MAX)
    async with house.client_from(ELSEWHERE) as elsewhere:
        answer = await ask_for_token(elsewhere, form_of(client, secret))
    assert answer.status_code == 200


async def test_the_rightful_client_at_the_same_address_goes_on_if_it_was_there_before(
    house: House,
) -> None:
    form = form_of(*await house.open_contract())
    await token_for(house, form)
    await guess(house.client, form["client_id"], 2 * SOURCE_FAILURES_MAX)
    answer = await ask_for_token(house.client, form)
    assert answer.status_code == 200
    assert await status_with(house.client, answer.json()["access_token"]) == NO_SUCH_CUSTOMER


async def test_the_rightful_client_at_the_same_address_waits_if_it_is_new_there(
    house: House,
) -> None:
    form = form_of(*await house.open_contract())
    await guess(house.client, form["client_id"], CLIENT_FAILURES_MAX)
    answer = await ask_for_token(house.client, form)
    assert answer.status_code == LIMITED
    house.clock.advance(int(answer.headers["retry-after"]))
    assert (await ask_for_token(house.client, form)).status_code == 200


# --- guessing a token -----------------------------------------------------------------------------


async def test_wrong_tokens_are_looked_at_up_to_the_limit(house: House) -> None:
    statuses = [
        await status_with(house.client, tokens_in(n)) for n in range(SOURCE_FAILURES_MAX + 2)
    ]
    assert statuses == [REFUSED] * SOURCE_FAILURES_MAX + [LIMITED] * 2
    async with house.client_from(ELSEWHERE) as elsewhere:
        assert await status_with(elsewhere, tokens_in(1)) == REFUSED


async def test_good_tokens_that_were_given_or_taken_here_go_on(house: House) -> None:
    form = form_of(*await house.open_contract())
    given = await token_for(house, form)
    async with house.client_from(ELSEWHERE) as elsewhere:
        taken, unknown_here = [
            (await ask_for_token(elsewhere, form)).json()["access_token"] for _ in range(2)
        ]
    assert await status_with(house.client, taken) == NO_SUCH_CUSTOMER
    for number in range(SOURCE_FAILURES_MAX):
        await status_with(house.client, tokens_in(number))
    house.bearer.forget()
    assert await status_with(house.client, given) == NO_SUCH_CUSTOMER
    assert await status_with(house.client, taken) == NO_SUCH_CUSTOMER
    assert await status_with(house.client, unknown_here) == LIMITED


async def test_the_same_wrong_token_many_times_at_once_is_one_guess(house: House) -> None:
    for number in range(SOURCE_FAILURES_MAX - 2):
        await status_with(house.client, tokens_in(number))
    await asyncio.gather(*[status_with(house.client, tokens_in(999)) for _ in range(20)])
    assert await status_with(house.client, tokens_in(1_000)) == REFUSED


async def test_a_token_of_an_identity_provider_is_no_guess(house: House) -> None:
    for number in range(SOURCE_FAILURES_MAX + 1):
        assert await status_with(house.client, f"e30.e30.{number}") == REFUSED
    assert await status_with(house.client, tokens_in(1)) == REFUSED


async def test_no_token_at_all_is_no_guess(house: House) -> None:
    for _ in range(SOURCE_FAILURES_MAX + 1):
        assert (await house.client.get(CUSTOMERS)).status_code == REFUSED
    assert await status_with(house.client, tokens_in(1)) == REFUSED
