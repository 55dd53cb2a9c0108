"""Hostile input: always an answer as described, soon, and nothing kept of what is refused.

What nobody sends by good will stands in tables in `tests.web.hostile`: texts, JSON, forms, headers,
request targets. Each entry has a name that says what is wrong with it. What must be refused is kept
apart from what is only strange: of that, all that is asked is an answer as described.
"""

from collections.abc import AsyncIterator

import pytest

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from tests.databases import Database
from tests.house import House, open_house, wide_limits
from tests.web.descriptions import OPERATIONS
from tests.web.hostile.form_bodies import FORM, refused_forms, strange_forms
from tests.web.hostile.heads import (
    BAD_AUTHORIZATION,
    GOOD_AUTHORIZATION,
    refused_heads,
    strange_heads,
)
from tests.web.hostile.inquiry import InChunks, inquiry
from tests.web.hostile.json_bodies import (
    BODY_BYTES_MAX,
    padded,
    paths_in,
    refused_bodies,
    strange_bodies,
    with_value,
)
from tests.web.hostile.targets import strange_ids, strange_queries
from tests.web.hostile.values import STRANGE_VALUES

BY_NAME = {f"{operation.method} {operation.path}": operation for operation in OPERATIONS}
WITH_BODY = [name for name, operation in BY_NAME.items() if "requestBody" in operation.described]
WITH_TOKEN = [name for name, operation in BY_NAME.items() if operation.described["security"]]
WITH_ID = [name for name in WITH_TOKEN if name.endswith("}")]
LISTS = [name for name in WITH_TOKEN if name not in [*WITH_BODY, *WITH_ID]]
TOKEN = BY_NAME["POST /oauth/token"]

TAKEN = {200, 201, 303, 409}
"""How a body that is in order is answered: the first time, and again."""

ANSWERED_TO_NO_ID = {
    "DELETE /api/v2/Payment/Customers/{id}": 403,
    "POST /api/v2/Payment/Containers/{id}/assign/{customer}": 403,
}
"""As documented, or as for a customer in a body; with a slash in it, it is another path: 404."""

CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": DEMO_CLIENT_ID,
    "client_secret": DEMO_CLIENT_SECRET,
}

PAYLOADS_MIN = 200
PAYLOADS_PER_FIELD_MIN = 80

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Return a house where thousands of wrong secrets may be shown, and each is looked at."""
    async with open_house(database, wide_limits) as opened:
        yield opened


def test_there_is_enough_for_operations_without_a_body_too() -> None:
    heads = [*refused_heads("token"), *strange_heads("token", (b"content-type", b""))]
    assert len([*heads, *strange_ids()]) >= PAYLOADS_MIN
    assert len([*heads, *strange_queries()]) >= PAYLOADS_MIN


async def test_what_should_have_been_refused_and_was_not_is_noticed(house: House) -> None:
    async def ask() -> None:
        async with inquiry(TOKEN, house) as asking:
            await asking.must_refuse("a good body")

    with pytest.raises(AssertionError, match="a good body: 200"):
        await ask()


async def test_a_server_error_is_noticed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        async with inquiry(TOKEN, house) as asking:
            monkeypatch.delattr(type(house.store), "read")
            await asking.ask("after the end")

    with pytest.raises(AssertionError, match="after the end: 500"):
        await ask()


# --- bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WITH_BODY)
async def test_a_body_that_is_no_strict_json_is_refused(name: str, house: House) -> None:
    async with inquiry(BY_NAME[name], house) as asking:
        for what, body in refused_bodies(asking.document):
            await asking.must_refuse(what, body=body)
        assert asking.asked >= PAYLOADS_MIN


@pytest.mark.parametrize("name", WITH_BODY)
async def test_a_body_that_is_only_strange_is_taken(name: str, house: House) -> None:
    async with inquiry(BY_NAME[name], house) as asking:
        for what, body in strange_bodies(asking.document):
            assert (await asking.ask(what, body=body)).status_code in TAKEN, what


@pytest.mark.parametrize("name", WITH_BODY)
async def test_a_strange_value_in_any_field_is_answered_as_described(
    name: str, house: House
) -> None:
    async with inquiry(BY_NAME[name], house) as asking:
        paths = list(paths_in(asking.document))
        for path in paths:
            for what, value in STRANGE_VALUES.items():
                body = with_value(asking.document, path, value)
                await asking.ask(f"{'.'.join(path)}: {what}", body=body)
        assert asking.asked >= PAYLOADS_PER_FIELD_MIN * len(paths)


@pytest.mark.parametrize("length", [BODY_BYTES_MAX + 1, 10_000_000])
@pytest.mark.parametrize("name", WITH_BODY)
async def test_a_body_that_is_too_long_is_refused(name: str, length: int, house: House) -> None:
    async with inquiry(BY_NAME[name], house) as asking:
        body = padded(asking.document, length)
        assert (await asking.ask("told before", body=body)).status_code == 413
        assert (await asking.ask("in chunks", body=InChunks(body))).status_code == 413


@pytest.mark.parametrize("name", WITH_BODY)
async def test_a_body_as_long_as_may_be_is_taken_in_chunks(name: str, house: House) -> None:
    async with inquiry(BY_NAME[name], house) as asking:
        body = InChunks(padded(asking.document, BODY_BYTES_MAX))
        assert (await asking.ask("in chunks", body=body)).status_code in TAKEN


@pytest.mark.parametrize("name", [*WITH_ID, *LISTS])
async def test_a_body_where_none_is_expected_is_not_looked_at(name: str, house: House) -> None:
    async with inquiry(BY_NAME[name], house) as asking:
        for what, body in refused_bodies({"a": "b"}):
            await asking.ask(what, body=body)


# --- forms ----------------------------------------------------------------------------------------


async def test_a_form_that_is_none_is_refused(house: House) -> None:
    async with inquiry(TOKEN, house) as asking:
        for what, body in refused_forms(CREDENTIALS):
            await asking.must_refuse(what, body=body, headers=[(b"content-type", FORM.encode())])


async def test_a_form_that_is_only_strange_is_answered_as_described(house: House) -> None:
    async with inquiry(TOKEN, house) as asking:
        for what, body in strange_forms(CREDENTIALS):
            await asking.ask(what, body=body, headers=[(b"content-type", FORM.encode())])
        assert asking.asked >= PAYLOADS_MIN


# --- headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WITH_TOKEN)
async def test_nobody_gets_in_without_a_good_token(name: str, house: House) -> None:
    async with inquiry(BY_NAME[name], house) as asking:
        for what, headers in refused_heads(asking.world.bindings["token"]):
            await asking.must_refuse(what, headers=[*headers, asking.content_type])


@pytest.mark.parametrize("name", BY_NAME)
async def test_strange_headers_are_answered_as_described(name: str, house: House) -> None:
    async with inquiry(BY_NAME[name], house) as asking:
        for what, headers in strange_heads(asking.world.bindings["token"], asking.content_type):
            await asking.ask(what, headers=headers)


async def test_nobody_gets_a_token_by_a_strange_authorization(house: House) -> None:
    form = (b"content-type", FORM.encode())
    async with inquiry(TOKEN, house) as asking:
        for what, value in {**BAD_AUTHORIZATION, **GOOD_AUTHORIZATION}.items():
            headers = [form, (b"authorization", value)]
            await asking.must_refuse(what, body=b"grant_type=client_credentials", headers=headers)


async def test_a_token_in_the_query_is_no_token(house: House) -> None:
    async with inquiry(BY_NAME[LISTS[0]], house) as asking:
        token = asking.world.bindings["token"].encode()
        target = asking.target + b"?access_token=" + token
        answer = await asking.ask("in the query", target=target, headers=[])
    assert answer.status_code in {401, 403}


# --- targets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WITH_ID)
async def test_a_strange_id_names_nothing(name: str, house: House) -> None:
    async with inquiry(BY_NAME[name], house) as asking:
        for what, written in strange_ids():
            target = asking.target.rpartition(b"/")[0] + b"/" + written
            expected = {404, ANSWERED_TO_NO_ID.get(name, 404)}
            assert (await asking.ask(what, target=target)).status_code in expected, what


@pytest.mark.parametrize("name", LISTS)
async def test_a_strange_query_is_answered_as_described(name: str, house: House) -> None:
    async with inquiry(BY_NAME[name], house) as asking:
        for what, query in strange_queries():
            await asking.ask(what, target=asking.target + b"?" + query)
