"""How long a refusal takes does not tell what was wrong."""

import hashlib
import http.client
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from lastschrift.domain.access import Client
from lastschrift.domain.identity import ClientId
from lastschrift.operations.ports import Reader, Store
from lastschrift.web.http import Header
from tests.databases import Database
from tests.house import House, open_house, reopened, wide_limits
from tests.promises import control, promise, rounds
from tests.serving import running_sandbox
from tests.traffic.welch import Ask, Difference, Prepare, differences

pytestmark = pytest.mark.anyio

ROUNDS = rounds(ci=500, soak=20_000)
CLIENTS = 20

TOKEN = "/oauth/token"
CONTRACTS = "/api/v2/Payment/Contracts"
FORM = "application/x-www-form-urlencoded"
HEXADECIMAL = "0123456789abcdef"
TOKEN_SYMBOLS = "0123456789abcdefghijklmnopqrstuv"
TOKEN_LENGTH = 26
MOST = "1000000"
SLOW_HASH_ROUNDS = 20_000

Credentials = tuple[str, str]
"""A client's id and its secret."""

T = TypeVar("T")


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Return a house where every wrong secret is looked at."""
    async with open_house(database, wide_limits) as opened:
        yield opened


# --- what is shown --------------------------------------------------------------------------------


def guessed(symbols: str, length: int) -> str:
    return "".join(random.choices(symbols, k=length))


def nearly(right: str, symbols: str) -> str:
    """Return a text that differs from the right one in a single place, another one each time."""
    place = random.randrange(len(right))
    return right[:place] + random.choice(symbols.replace(right[place], "")) + right[place + 1 :]


def wrong_credentials(
    known: Sequence[Credentials], ask: Callable[[bytes], Coroutine[Any, Any, int]]
) -> dict[str, Prepare]:
    """Return the sorts of wrong credentials, each as a form that is asked with."""
    unknown = [uuid4().hex for _ in known]
    length = len(known[0][1])

    def form(client_id: str, secret: str) -> Ask:
        shown = {"client_id": client_id, "client_secret": secret}
        return partial(ask, urlencode({"grant_type": "client_credentials", **shown}).encode())

    def near() -> Ask:
        client_id, secret = random.choice(known)
        return form(client_id, nearly(secret, HEXADECIMAL))

    return {
        "an unknown id": lambda: form(random.choice(unknown), guessed(HEXADECIMAL, length)),
        "a wrong secret": lambda: form(random.choice(known)[0], guessed(HEXADECIMAL, length)),
        "a nearly right secret": near,
    }


def told(found: Mapping[str, Difference], count: int = ROUNDS) -> str:
    return f"{count:,} of each; " + "; ".join(f"{two}: {it}" for two, it in found.items())


def check_same(found: Mapping[str, Difference]) -> None:
    """See that no two sorts can be told apart."""
    assert not [two for two, difference in found.items() if difference.is_seen], told(found)


# --- within the process, where nothing else takes time --------------------------------------------


async def time_of(house: House, method: str, path: str, header: Header, body: bytes = b"") -> int:
    """Ask the application without HTTP, and return how many nanoseconds it took to refuse."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [header],
        "client": ("127.0.0.1", 49_152),
    }
    statuses = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body}

    async def send(message: Mapping[str, object]) -> None:
        statuses.append(message.get("status"))

    app = house.client._transport.app  # type: ignore[attr-defined]  # a house is asked over ASGI
    started = time.perf_counter_ns()
    await app(scope, receive, send)
    taken = time.perf_counter_ns() - started
    assert statuses[0] in {400, 403}
    return taken


async def with_wrong_credentials(house: House) -> dict[str, Prepare]:
    """Return what asks for a token with wrong credentials."""
    opened = [await house.open_contract() for _ in range(CLIENTS)]
    header = b"content-type", FORM.encode()
    return wrong_credentials(
        [(client.id.hex, secret.reveal()) for client, secret in opened],
        lambda form: time_of(house, "POST", TOKEN, header, form),
    )


async def with_wrong_tokens(house: House) -> dict[str, Prepare]:
    """Return what asks for something with a wrong token."""
    client, secret = await house.open_contract()
    asked = {"client_id": client.id.hex, "client_secret": secret.reveal()}
    grant = {"grant_type": "client_credentials"}
    answer = await house.client.post(TOKEN, data={**grant, **asked})
    right = answer.json()["access_token"]

    def ask(token: str) -> Ask:
        header = b"authorization", f"Bearer {token}".encode()
        return partial(time_of, house, "GET", CONTRACTS, header)

    return {
        "an unknown token": lambda: ask(guessed(TOKEN_SYMBOLS, TOKEN_LENGTH)),
        "a nearly right token": lambda: ask(nearly(right, TOKEN_SYMBOLS)),
    }


@promise("no-timing-oracle")
async def test_wrong_credentials_take_the_same_time(
    house: House, figure: Callable[[str], None]
) -> None:
    found = await differences(await with_wrong_credentials(house), ROUNDS)
    figure(told(found))
    check_same(found)


@promise("no-timing-oracle")
async def test_wrong_tokens_take_the_same_time(house: House, figure: Callable[[str], None]) -> None:
    found = await differences(await with_wrong_tokens(house), ROUNDS)
    figure(told(found))
    check_same(found)


# --- over the wire --------------------------------------------------------------------------------


@promise("no-timing-oracle")
async def test_wrong_credentials_take_the_same_time_over_the_wire(
    figure: Callable[[str], None],
) -> None:
    with running_sandbox(
        LASTSCHRIFT_CLIENT_FAILURES_PER_MINUTE_MAX=MOST,
        LASTSCHRIFT_SOURCE_FAILURES_PER_MINUTE_MAX=MOST,
    ) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)

        async def ask(form: bytes) -> int:
            started = time.perf_counter_ns()
            connection.request("POST", TOKEN, form, {"Content-Type": FORM})
            answer = connection.getresponse()
            answer.read()
            taken = time.perf_counter_ns() - started
            assert answer.status == 400
            return taken

        sorts = wrong_credentials([(DEMO_CLIENT_ID, DEMO_CLIENT_SECRET)], ask)
        found = await differences(sorts, ROUNDS)
        connection.close()
    figure(f"over loopback, {told(found)}")
    check_same(found)


# --- why ------------------------------------------------------------------------------------------


class StoreThatIsWatched:
    """A store whose reader is another one."""

    def __init__(self, store: Store, watch: Callable[[Reader], Any]) -> None:
        self._store = store
        self._watch = watch
        self.write, self.write_batched = store.write, store.write_batched
        self.scan, self.recall, self.purge = store.scan, store.recall, store.purge

    async def read(self, query: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        return await self._store.read(lambda reader: query(self._watch(reader)))


class ReaderOfHashes:
    """A reader that knows no more of clients than their secrets' hashes."""

    def __init__(self, reader: Reader) -> None:
        self.secret_hash = reader.secret_hash


async def test_nothing_of_a_client_is_read_before_its_secret_is_right(house: House) -> None:
    client, _ = await house.open_contract()
    store = StoreThatIsWatched(house.store, ReaderOfHashes)
    async with reopened(house, structs.replace(house.ports, store=store)) as watched:
        for shown in (client.id, ClientId(UUID(int=0))):
            form = {"client_id": shown.hex, "client_secret": "wrong"}
            asked = {"grant_type": "client_credentials", **form}
            assert (await watched.client.post(TOKEN, data=asked)).status_code == 400


# --- controls -------------------------------------------------------------------------------------


class SlowReader:
    """A reader as of a server that keeps passwords: who is known takes a slow hash."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def secret_hash(self, client: ClientId, otherwise: bytes) -> bytes:
        found = await self._reader.secret_hash(client, otherwise)
        if found != otherwise:
            hashlib.pbkdf2_hmac("sha256", found, b"salt", SLOW_HASH_ROUNDS)
        return found

    async def client(self, client: ClientId) -> Client | None:
        return await self._reader.client(client)


@control("no-timing-oracle")
async def test_a_look_up_that_skips_the_hash_of_who_is_unknown_is_noticed(house: House) -> None:
    store = StoreThatIsWatched(house.store, SlowReader)
    async with reopened(house, structs.replace(house.ports, store=store)) as leaking:
        found = await differences(await with_wrong_credentials(leaking), 150)
    with pytest.raises(AssertionError, match="an unknown id and a wrong secret"):
        check_same(found)


@control("no-timing-oracle")
async def test_a_comparison_that_returns_early_is_noticed() -> None:
    right = guessed(HEXADECIMAL, 4_096)

    async def compare(guess: str) -> int:
        started = time.perf_counter_ns()
        all(one == other for one, other in zip(guess, right, strict=True))
        return time.perf_counter_ns() - started

    sorts = {
        "wrong": lambda: partial(compare, guessed(HEXADECIMAL, len(right))),
        "nearly right": lambda: partial(compare, nearly(right, HEXADECIMAL)),
    }
    with pytest.raises(AssertionError, match="wrong and nearly right"):
        check_same(await differences(sorts, 500))
