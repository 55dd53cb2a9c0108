"""A clock that jumps: no token lives longer for it, nothing breaks, nothing is doubled."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import httpx2
import pytest
from msgspec import structs

from lastschrift.domain.access import CLOCKS_APART_MAX, TOKEN_LIFETIME, Client, Secret
from lastschrift.operations.drop_expired_tokens import drop_expired_tokens
from lastschrift.operations.ports import Clock
from lastschrift.system import RandomIds, SystemClock
from tests.crash.clients import (
    ADDRESS,
    CONTAINERS,
    CUSTOMERS,
    JSON_API,
    PAYMENT_METHODS,
    ibans,
)
from tests.crash.turned_clock import INSTANTS, JUMPS, Time
from tests.house import House, reopened, wide_limits
from tests.promises import control, promise, rounds

pytestmark = pytest.mark.anyio

LIFETIME_S = TOKEN_LIFETIME.total_seconds()
SLOWED_S = LIFETIME_S / 1_000
"""How much longer a token lives at most, where the clock runs slower to be caught up with."""

HOUSEKEEPING_S = 60
REMEMBERED_FOR = timedelta(days=30)
OK, CREATED, EXISTS, REFUSED, UNKNOWN = 200, 201, 409, 403, 404

MakeClock = Callable[[Time], Clock]


def system_clock(time: Time) -> Clock:
    return SystemClock(time.wall_ns, time.steady_ns)


class WallClock:
    """A clock that believes the machine's, wherever it is set to."""

    def __init__(self, time: Time) -> None:
        self._time = time

    def now(self) -> datetime:
        return self._time.wall


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A registration that can be asked for again: under which key, of what, made when as what."""

    key: str
    body: dict[str, object]
    made: datetime
    container: str


@dataclass(slots=True)
class Merchant:
    """A client that does what clients do, and holds on to what it once was given."""

    house: House
    time: Time
    client: Client
    secret: Secret
    customer: str = ""
    tokens: list[tuple[str, float]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    containers: set[str] = field(default_factory=set)
    scrolls: list[str] = field(default_factory=list)

    # --- tokens ---

    async def get_token(self) -> None:
        """Get a token, which is good at once."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client.id.hex,
            "client_secret": self.secret.reveal(),
            "scope": " ".join(self.client.scopes),
        }
        answer = await self.house.client.post("/oauth/token", data=form)
        assert answer.status_code == OK, answer.text
        self.tokens.append((answer.json()["access_token"], self.time.steady_s))
        assert await self.is_good(self.tokens[-1][0]), "a new token is refused"

    async def is_good(self, token: str) -> bool:
        """Whether a token is taken."""
        headers = {"authorization": f"Bearer {token}"}
        answer = await self.house.client.get(CUSTOMERS, headers=headers, params={"count": 1})
        assert answer.status_code in (OK, REFUSED), answer.text
        return answer.status_code == OK

    async def check_tokens(self) -> None:
        """Let no token pass that is older than it may be, by the time that really passed.

        Raises: AssertionError.
        """
        for token, begun_s in self.tokens:
            age_s = self.time.steady_s - begun_s
            if await self.is_good(token):
                assert age_s <= LIFETIME_S + SLOWED_S, f"a token is good after {age_s} s"

    @property
    def headers(self) -> dict[str, str]:
        """Return what authorises the client: its newest token."""
        return {"authorization": f"Bearer {self.tokens[-1][0]}"}

    # --- registrations ---

    async def register(self, iban: str) -> None:
        """Register an account on each wire, one of them under an idempotency key."""
        private = {"owner": "John Doe", "iban": iban}
        body: dict[str, object] = {"customer": self.customer, "private": private}
        key = f"key-{len(self.containers)}"
        answer = await self._post_container(key, body)
        assert answer.status_code == OK, answer.text
        container = answer.json()["id"]
        assert container not in self.containers, "an id was given twice"
        self.containers.add(container)
        self.requests.append(Request(key=key, body=body, made=self.time.wall, container=container))
        attributes = {
            "kind": "sepa",
            "iban": iban,
            "firstName": "Jon",
            "lastName": "Smith",
            "address": ADDRESS,
        }
        document = {"data": {"type": "paymentMethod", "attributes": attributes}}
        made = await self.house.client.post(
            f"{PAYMENT_METHODS}/sepa-direct-debit", headers=self.headers | JSON_API, json=document
        )
        assert made.status_code == CREATED, made.text

    async def add_customer(self) -> None:
        """Save the customer whose accounts are registered: he has each once."""
        contact = {"contact": {"forename": "John", "surname": "Doe"}}
        answer = await self.house.client.post(CUSTOMERS, headers=self.headers, json=contact)
        assert answer.status_code == OK, answer.text
        self.customer = answer.json()["id"]

    async def repeat(self, request: Request) -> None:
        """Ask again: the same answer, unless the key is past its time; never anything twice."""
        answer = await self._post_container(request.key, request.body)
        if answer.status_code == EXISTS:
            assert self.time.wall >= request.made + REMEMBERED_FOR - CLOCKS_APART_MAX, answer.text
            self.requests.remove(request)
            return
        assert answer.status_code == OK, answer.text
        assert answer.json()["id"] == request.container

    async def _post_container(self, key: str, body: dict[str, object]) -> httpx2.Response:
        headers = {**self.headers, "idempotency-key": key}
        return await self.house.client.post(CONTAINERS, headers=headers, json=body)

    # --- scrolls ---

    async def scroll(self) -> None:
        """Go on with every scroll, if its time is not over, and begin another."""
        for scroll in self.scrolls:
            answer = await self._list({"scroll_id": scroll})
            assert answer.status_code in (OK, UNKNOWN), answer.text
        answer = await self._list({"scroll_expire": "5m", "count": "1"})
        assert answer.status_code == OK, answer.text
        self.scrolls.append(answer.json()["scroll_id"])

    async def _list(self, parameters: dict[str, str]) -> httpx2.Response:
        return await self.house.client.get(CONTAINERS, headers=self.headers, params=parameters)


@asynccontextmanager
async def merchant_of(
    house: House, time: Time, make_clock: MakeClock = system_clock
) -> AsyncIterator[Merchant]:
    """Open a contract in a house that goes by this time."""
    client, secret = await house.open_contract()
    clock = make_clock(time)
    ports = structs.replace(house.ports, clock=clock, ids=RandomIds(time.wall_ns))
    async with reopened(replace(house, limits=wide_limits(clock)), ports) as opened:
        yield Merchant(opened, time, client, secret)


# --- any jumps ------------------------------------------------------------------------------------


@promise("clock-jumps")
async def test_no_token_lives_longer_and_nothing_breaks_however_the_clock_jumps(
    house: House, figure: Callable[[str], None]
) -> None:
    jumps, time, fresh = rounds(ci=20, soak=100), Time(), ibans(seed=8)
    names = [*INSTANTS, *(f"{sign} {name}" for name in JUMPS for sign in "+-")]
    async with merchant_of(house, time) as merchant:
        await merchant.get_token()
        await merchant.add_customer()
        for _ in range(jumps):
            await merchant.get_token()
            await merchant.register(next(fresh))
            await merchant.scroll()
            jump(time, random.choice(names))
            await merchant.check_tokens()
            time.passes(HOUSEKEEPING_S)
            await drop_expired_tokens(merchant.house.ports)
            time.passes(random.uniform(0, 1.5 * LIFETIME_S))
            await drop_expired_tokens(merchant.house.ports)
            time.passes(random.uniform(0, HOUSEKEEPING_S))  # and the next one has not come yet
            await merchant.check_tokens()
            await merchant.get_token()
            await merchant.repeat(random.choice(merchant.requests))
            del merchant.tokens[:-10], merchant.scrolls[:-5]
        assert merchant.house.reports.unexpected == []
    tokens = len(merchant.containers)
    figure(f"{jumps} jumps: no token past its time, no error, {tokens} accounts each once")


def jump(time: Time, name: str) -> None:
    """Set the clock, as a table says."""
    if name in INSTANTS:
        time.wall = INSTANTS[name]
        return
    sign, _, how_far = name.partition(" ")
    time.wall += JUMPS[how_far] if sign == "+" else -JUMPS[how_far]


@pytest.mark.parametrize("name", JUMPS)
async def test_a_clock_that_is_set_back_lets_no_token_live_longer(house: House, name: str) -> None:
    await set_back(house, JUMPS[name], system_clock)


@control("clock-jumps")
@pytest.mark.parametrize("name", ["ten minutes"])
async def test_a_clock_that_is_believed_is_noticed(house: House, name: str) -> None:
    with pytest.raises(AssertionError, match="a token is good after"):
        await set_back(house, JUMPS[name], WallClock)


async def set_back(house: House, how_far: timedelta, make_clock: MakeClock) -> None:
    """Set the clock back, and wait until a token's time is over."""
    time = Time()
    async with merchant_of(house, time, make_clock) as merchant:
        await merchant.get_token()
        time.passes(1)
        time.wall -= how_far
        time.passes(LIFETIME_S + SLOWED_S)
        await merchant.check_tokens()
        await drop_expired_tokens(merchant.house.ports)
        time.passes(how_far.total_seconds())
        await merchant.check_tokens()


@pytest.mark.parametrize("minutes", [20, 20.5, 21, 21.5, 22, 22.5])
async def test_a_token_that_is_not_deleted_yet_is_not_good_again(
    house: House, minutes: float
) -> None:
    time = Time()
    async with merchant_of(house, time) as merchant:
        await merchant.get_token()
        time.passes(LIFETIME_S + HOUSEKEEPING_S - 1)
        time.wall -= timedelta(minutes=minutes)
        await merchant.check_tokens()


async def test_after_a_restart_a_token_lives_twice_as_long_at_most(house: House) -> None:
    """Who has just begun knows not that the clock was set back; what this lets pass is bounded."""
    time = Time()
    async with merchant_of(house, time) as merchant:
        await merchant.get_token()
        (token, _), secret = merchant.tokens[0], merchant.secret
        time.passes(LIFETIME_S - 1)
        time.wall -= TOKEN_LIFETIME
        ports = structs.replace(merchant.house.ports, clock=system_clock(time))
        async with reopened(merchant.house, ports) as again:
            restarted = Merchant(again, time, merchant.client, secret)
            time.passes(LIFETIME_S + CLOCKS_APART_MAX.total_seconds())
            assert not await restarted.is_good(token)


# --- the clock ------------------------------------------------------------------------------------


def test_a_clock_that_was_set_back_goes_on_until_it_is_caught_up_with() -> None:
    time = Time()
    clock = SystemClock(time.wall_ns, time.steady_ns)
    before = clock.now()
    time.wall -= timedelta(seconds=10)
    assert timedelta() <= clock.now() - before < timedelta(milliseconds=1)
    seen = [clock.now()]
    for _ in range(12_000):
        time.passes(1)
        seen.append(clock.now())
    assert seen == sorted(seen)
    assert seen[-1] == time.wall


def test_a_clock_that_was_set_far_back_or_forward_is_followed() -> None:
    time = Time()
    clock = SystemClock(time.wall_ns, time.steady_ns)
    for far in (timedelta(days=1), timedelta(hours=-1), timedelta(days=-365)):
        time.passes(5)
        time.wall += far
        assert clock.now() == time.wall


def test_ids_stay_unique_and_in_order() -> None:
    time = Time()
    ids = RandomIds(time.wall_ns)
    made = []
    for far in (*JUMPS.values(), *(-far for far in JUMPS.values())):
        time.wall += far
        made += [ids.new_id() for _ in range(5_000)]
    assert made == sorted(set(made))
