"""Guessing of secrets is stopped; who works goes on: here, elsewhere, and as another tenant."""

import http.client
import json
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID

import pytest

from lastschrift.domain.access import Scope, Secret
from lastschrift.domain.errors import CredentialsRefused
from lastschrift.domain.identity import ClientId
from lastschrift.web.limits import Attempt
from tests.cli.installations import told_json
from tests.house import CLIENT_FAILURES_MAX, SOURCE_FAILURES_MAX, FakeClock, usual_limits
from tests.promises import control, promise, rounds
from tests.serving import RunningServer, running_sandbox

GUESSES = rounds(ci=300, soak=10_000)
STRANGERS = rounds(ci=25_000, soak=100_000)
BESIDE_EVERY = 10
"""After so many guesses each of those who work asks for something."""

ELSEWHERE = "127.0.0.1"
TOKEN = "/oauth/token"
CUSTOMERS = "/api/v2/Payment/Customers"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CUSTOMER = json.dumps({"contact": {"surname": "Doe"}})


class GuessingHarms(AssertionError):
    """Too many guesses were looked at, or somebody who works was refused."""


# --- who asks -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Worker:
    """A rightful client: gets a token, and saves a customer with it."""

    connection: http.client.HTTPConnection
    client_id: str
    secret: str
    statuses: Counter[int] = field(default_factory=Counter)

    def work(self) -> None:
        """Work, and take note of how it is answered."""
        status, token = self._get_token()
        self.statuses[status] += 1
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.connection.request("POST", CUSTOMERS, CUSTOMER, headers)
        answer = self.connection.getresponse()
        answer.read()
        self.statuses[answer.status] += 1

    def _get_token(self) -> tuple[int, str]:
        answer, body = self.show(self.secret)
        return answer.status, json.loads(body).get("access_token", "none")

    def show(self, secret: str) -> tuple[http.client.HTTPResponse, bytes]:
        """Ask for a token with a secret."""
        shown = {"client_id": self.client_id, "client_secret": secret}
        form = urlencode({"grant_type": "client_credentials", **shown})
        self.connection.request("POST", TOKEN, form, FORM)
        answer = self.connection.getresponse()
        return answer, answer.read()


Tenant = tuple[str, str]
"""A client's id and secret."""


@dataclass(slots=True)
class Town:
    """A server with two tenants, each of which works both where somebody guesses and elsewhere."""

    server: RunningServer
    connections: ExitStack
    tenants: tuple[Tenant, Tenant]

    def at(self, address: str, tenant: Tenant) -> Worker:
        """Return a client that asks from an address."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.server.port, source_address=(address, 0)
        )
        self.connections.enter_context(closing(connection))
        return Worker(connection, *tenant)

    def workers_at(self, *addresses: str) -> list[Worker]:
        """Return both tenants at each address."""
        return [self.at(address, tenant) for address in addresses for tenant in self.tenants]


@contextmanager
def new_town(**variables: str) -> Iterator[Town]:
    with running_sandbox(None, **variables) as server, ExitStack() as connections:
        yield Town(server, connections, (new_tenant(server), new_tenant(server)))


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with new_town() as opened:
        yield opened


def new_tenant(server: RunningServer) -> Tenant:
    """Return the credentials of a client in a contract of its own."""
    contract = told_json(server.directory, "contract", "create", "Example Inc.")["id"]
    named = ("--contract", contract, "--name", "Shop", "--scope", Scope.SECUCONNECT.value)
    created = told_json(server.directory, "client", "create", *named)
    return created["client_id"], created["client_secret"]


# --- the proof ------------------------------------------------------------------------------------


def guess_secret(guesser: Worker, number: int) -> http.client.HTTPResponse:
    """Show a secret that is wrong."""
    return guesser.show(f"{number:064x}")[0]


def guess_token(guesser: Worker, number: int) -> http.client.HTTPResponse:
    """Show a token that is wrong."""
    headers = {"Authorization": f"Bearer {number:026}"}
    guesser.connection.request("GET", CUSTOMERS, headers=headers)
    answer = guesser.connection.getresponse()
    answer.read()
    return answer


@dataclass(frozen=True, slots=True)
class Guessing:
    """What is guessed, from where, and how many wrong ones are looked at in a minute."""

    what: str
    ask: Callable[[Worker, int], http.client.HTTPResponse]
    address: str
    most: int

    def __str__(self) -> str:
        return self.what


SECRETS = Guessing("secrets", guess_secret, "127.0.0.2", CLIENT_FAILURES_MAX)
TOKENS = Guessing("tokens", guess_token, "127.0.0.3", SOURCE_FAILURES_MAX)


@promise("guessing")
@pytest.mark.parametrize("guessing", [SECRETS, TOKENS], ids=str)
def test_guesses_are_not_looked_at_and_who_works_goes_on(
    guessing: Guessing, town: Town, figure: Callable[[str], None]
) -> None:
    workers = town.workers_at(guessing.address, ELSEWHERE)
    for worker in workers:
        worker.work()
    started = time.monotonic()
    looked_at = guess_often(guessing, town, workers)
    check_stopped(looked_at, guessing.most, minutes=(time.monotonic() - started) / 60)
    asked = check_unharmed(workers)
    figure(
        f"{GUESSES:,} wrong {guessing}: {looked_at} looked at, all others answered 429; meanwhile "
        f"{asked:,} requests of 2 tenants, at the same address and elsewhere: 0 refused"
    )


def guess_often(guessing: Guessing, town: Town, workers: list[Worker]) -> int:
    """Guess while others work; return how many guesses were looked at."""
    guesser, looked_at = town.at(guessing.address, town.tenants[0]), 0
    for number in range(GUESSES):
        answer = guessing.ask(guesser, number)
        if answer.status == 429:
            assert int(answer.headers["Retry-After"]) >= 1
        else:
            assert answer.status in {400, 403}
            looked_at += 1
        if number % BESIDE_EVERY == 0:
            for worker in workers:
                worker.work()
    return looked_at


def check_stopped(looked_at: int, most: int, *, minutes: float) -> None:
    """See that no more was looked at than a minute's worth, and what ran out meanwhile."""
    if looked_at > most * (1 + minutes) + 1:
        raise GuessingHarms(f"{looked_at} of {GUESSES} guesses were looked at")


def check_unharmed(workers: list[Worker]) -> int:
    """See that nobody who works was refused; return how much they asked."""
    statuses = sum((worker.statuses for worker in workers), Counter[int]())
    if set(statuses) != {200}:
        raise GuessingHarms(f"who works was answered {statuses}")
    return statuses.total()


@promise("guessing")
def test_memory_for_guesses_is_bounded_however_many_guess(figure: Callable[[str], None]) -> None:
    limits = usual_limits(FakeClock())
    tracemalloc.start()
    kept_mb = []
    for number in range(STRANGERS):
        attempt = Attempt.of(
            f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1",
            Secret(f"{number:064x}"),
            ClientId(UUID(int=number)),
        )
        with suppress(CredentialsRefused), limits.counting(attempt):
            raise CredentialsRefused
        with limits.counting(attempt):
            pass
        if number % (STRANGERS // 5) == 0:
            kept_mb.append(tracemalloc.get_traced_memory()[0] / 1_000_000)
    kept_mb.append(tracemalloc.get_traced_memory()[0] / 1_000_000)
    tracemalloc.stop()
    figure(f"{STRANGERS:,} clients at as many addresses: at most {max(kept_mb):.1f} MB kept")
    assert kept_mb[-1] < 1.2 * kept_mb[2]  # All tables were full by then.


# --- controls -------------------------------------------------------------------------------------


@control("guessing")
def test_a_server_that_looks_at_every_guess_is_noticed() -> None:
    with new_town(
        LASTSCHRIFT_CLIENT_FAILURES_PER_MINUTE_MAX="1000000",
        LASTSCHRIFT_SOURCE_FAILURES_PER_MINUTE_MAX="1000000",
    ) as town:
        looked_at = guess_often(SECRETS, town, [])
    with pytest.raises(GuessingHarms, match="were looked at"):
        check_stopped(looked_at, CLIENT_FAILURES_MAX, minutes=1)


@control("guessing")
def test_a_server_that_shuts_out_who_works_is_noticed() -> None:
    """One that does not know who has worked there before: all at the address wait."""
    with new_town(LASTSCHRIFT_SOURCE_FAILURES_PER_MINUTE_MAX="1") as town:
        workers = town.workers_at(SECRETS.address)
        guess_often(SECRETS, town, workers)
    with pytest.raises(GuessingHarms, match="who works was answered"):
        check_unharmed(workers)


@control("guessing")
def test_limits_that_keep_everything_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lastschrift.web.limits.REMEMBERED_MAX", 10 * STRANGERS)
    with pytest.raises(AssertionError):
        test_memory_for_guesses_is_bounded_however_many_guess(lambda _: None)
