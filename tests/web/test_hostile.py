"""Hostile input: always an answer as described, soon, alike on both engines; nothing of it kept.

What nobody sends by good will stands in tables in `tests.web.hostile`: texts, JSON, forms, headers,
request targets. Each entry has a name that says what is wrong with it. `payloads` makes hostile
requests of them for every operation.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from uuid import UUID

import pytest

from lastschrift.cli.demo import DEMO_CLIENT_ID
from lastschrift.domain.identity import ClientId
from lastschrift.operations.revoke_client import revoke_client
from tests.databases import ENGINES, Database, lent_database
from tests.house import House, open_house, wide_limits
from tests.promises import control, promise, rounds
from tests.web.descriptions import OPERATIONS
from tests.web.hostile.inquiry import inquiry, payloads_for
from tests.web.hostile.payloads import Expected, Payload

BY_NAME = {f"{operation.method} {operation.path}": operation for operation in OPERATIONS}
TOKEN = BY_NAME["POST /oauth/token"]
DEMO_CLIENT = ClientId(UUID(hex=DEMO_CLIENT_ID))

MOST_OF_A_FAMILY = rounds(ci=70, soak=100_000)
PAYLOADS_MIN = 200

GOOD_REQUEST = Payload("a good request", Expected.REFUSED)

pytestmark = pytest.mark.anyio


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[Mapping[str, Database]]:
    with ExitStack() as lent:
        yield {name: lent.enter_context(lent_database(name, tmp_path)) for name in ENGINES}


@pytest.fixture
async def houses(databases: Mapping[str, Database]) -> AsyncIterator[Mapping[str, House]]:
    """Return a house on each engine; every wrong secret is looked at, and there are thousands."""
    async with AsyncExitStack() as opened:
        yield {
            engine: await opened.enter_async_context(open_house(database, wide_limits))
            for engine, database in databases.items()
        }


@promise("hostile-input")
@pytest.mark.parametrize("name", BY_NAME)
async def test_hostile_requests_are_answered_as_described_and_alike(
    name: str, houses: Mapping[str, House], figure: Callable[[str], None]
) -> None:
    async with inquiry(BY_NAME[name], houses) as asking:
        for payload in payloads_for(asking.good, MOST_OF_A_FAMILY):
            await asking.ask(payload)
        assert asking.asked >= PAYLOADS_MIN
    figure(asking.told())


# --- controls -------------------------------------------------------------------------------------


@control("hostile-input")
async def test_what_should_have_been_refused_and_was_not_is_noticed(
    houses: Mapping[str, House],
) -> None:
    async def ask() -> None:
        async with inquiry(TOKEN, houses) as asking:
            await asking.ask(GOOD_REQUEST)

    with pytest.raises(AssertionError, match="a good request on sqlite: 200, not REFUSED"):
        await ask()


@control("hostile-input")
async def test_a_server_error_is_noticed(
    houses: Mapping[str, House], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask() -> None:
        async with inquiry(TOKEN, houses) as asking:
            monkeypatch.delattr(type(houses["sqlite"].store), "read")
            await asking.ask(GOOD_REQUEST)

    with pytest.raises(AssertionError, match="a good request on sqlite: 500"):
        await ask()


@control("hostile-input")
async def test_engines_that_answer_differently_are_noticed(houses: Mapping[str, House]) -> None:
    async def ask() -> None:
        async with inquiry(TOKEN, houses) as asking:
            await revoke_client(houses["postgres"].ports, DEMO_CLIENT)
            await asking.engines["postgres"].has_changed()
            await asking.ask(Payload("a good request", Expected.ANY))

    with pytest.raises(AssertionError, match="a good request: the engines differ"):
        await ask()


@control("hostile-input")
async def test_it_is_noticed_that_something_of_a_refused_request_was_kept(
    houses: Mapping[str, House],
) -> None:
    async def ask() -> None:
        async with inquiry(TOKEN, houses) as asking:
            await houses["postgres"].open_contract()
            await asking.ask(Payload("no form", Expected.REFUSED, body=b""))

    with pytest.raises(AssertionError, match="no form on postgres: refused, but something was"):
        await ask()
