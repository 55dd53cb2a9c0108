"""The whole house inside a test: every room is real, only clock and ids are fake.

The database is a file in a directory of the test's own; requests go to the application without a
network. `conftest.house` opens one for a test.
"""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import httpx2

import lastschrift.apis
from lastschrift.domain.access import Client, Scope, Secret
from lastschrift.domain.identity import ClientId
from lastschrift.operations.create_client import CreateClient, create_client
from lastschrift.operations.create_contract import CreateContract, create_contract
from lastschrift.operations.ports import Clock, Ports, Store
from lastschrift.vault.keyring import KeyVault
from lastschrift.vault.master_key import MasterKey
from lastschrift.web.api import Api
from lastschrift.web.app import build_app
from lastschrift.web.bearer import BearerTokens
from lastschrift.web.http import AsgiApp, Edge
from lastschrift.web.limits import AttemptLimits
from tests.databases import Database

BASE_URL = "http://127.0.0.1:8080"
SEED_INSTANT = datetime(2017, 11, 9, 19, 16, 13, tzinfo=UTC)
"""When the first seed document's customer was saved."""

PEER = "127.0.0.1"
"""Where requests come from, unless a test says otherwise."""

CLIENT_FAILURES_MAX, SOURCE_FAILURES_MAX = 10, 100
"""How many wrong secrets may be shown in a minute: what holds where nothing is set."""


# --- what is not real -----------------------------------------------------------------------------


class FakeClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, instant: datetime = SEED_INSTANT) -> None:
        self._instant = instant

    def now(self) -> datetime:
        return self._instant

    def set(self, instant: datetime) -> None:
        self._instant = instant

    def advance(self, seconds: float) -> None:
        self._instant += timedelta(seconds=seconds)


class CountingIds:
    """Ids that count up and secrets that follow from them, in the forms that the real ones have."""

    def __init__(self) -> None:
        self._count = 0

    def new_id(self) -> UUID:
        return UUID(int=self._next() | 0x7 << 76 | 0b10 << 62)

    def new_client_id(self) -> ClientId:
        return ClientId(UUID(int=self._next()))

    def new_client_secret(self) -> Secret:
        return Secret(self._next_digest().hex())

    def new_access_token(self) -> Secret:
        return Secret("".join(_TOKEN_SYMBOLS[byte & 31] for byte in self._next_digest()[:26]))

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _next_digest(self) -> bytes:
        return sha256(b"%d" % self._next()).digest()


_TOKEN_SYMBOLS = "0123456789abcdefghijklmnopqrstuv"


# --- what a test can look at ----------------------------------------------------------------------


@dataclass(slots=True)
class Reports:
    """What the edge tells those who observe it; unexpected errors with their support ids."""

    answered_requests: list[tuple[str, int]] = field(default_factory=list)
    unexpected: list[tuple[BaseException, str]] = field(default_factory=list)

    def observe(self, route: str, status: int) -> Callable[[float], None]:
        return lambda _seconds: self.answered_requests.append((route, status))

    def log_unexpected(self, error: BaseException, support_id: str, where: str) -> None:
        self.unexpected.append((error, support_id))


@dataclass(slots=True, kw_only=True)
class House:
    """A server in the process of the test, and what it is made of."""

    database: Database
    ports: Ports
    store: Store
    clock: FakeClock
    reports: Reports
    bearer: BearerTokens
    limits: AttemptLimits
    client: httpx2.AsyncClient

    def client_from(self, peer: str) -> httpx2.AsyncClient:
        """Return a client that asks from another address."""
        return client_of(self.ports, self.bearer, self.limits, self.reports, peer=peer)

    async def open_contract(
        self,
        *,
        name: str = "Example Inc.",
        scopes: Sequence[Scope] = tuple(Scope),
        has_identity: bool = True,
    ) -> tuple[Client, Secret]:
        """Open a contract with one client."""
        contract = await create_contract(self.ports, CreateContract(name))
        created = await create_client(
            self.ports,
            CreateClient(
                contract_id=contract.id, name=name, scopes=scopes, has_identity=has_identity
            ),
        )
        return created.client, created.secret


# --- opening it -----------------------------------------------------------------------------------


def usual_limits(clock: Clock) -> AttemptLimits:
    """Return the limits of a server where nothing is set."""
    return AttemptLimits(
        clock,
        client_failures_per_minute_max=CLIENT_FAILURES_MAX,
        source_failures_per_minute_max=SOURCE_FAILURES_MAX,
    )


def wide_limits(clock: Clock) -> AttemptLimits:
    """Return limits that leave room for tests which show thousands of wrong secrets."""
    most = 1_000_000
    return AttemptLimits(
        clock, client_failures_per_minute_max=most, source_failures_per_minute_max=most
    )


@asynccontextmanager
async def open_house(
    database: Database, make_limits: Callable[[Clock], AttemptLimits] = usual_limits
) -> AsyncIterator[House]:
    """Open a house on a database, and close it in the end."""
    clock, reports = FakeClock(), Reports()
    limits = make_limits(clock)
    async with open_ports(database, clock, CountingIds()) as ports:
        bearer = BearerTokens(ports, limits)
        async with client_of(ports, bearer, limits, reports) as client:
            yield House(
                database=database,
                ports=ports,
                store=ports.store,
                clock=clock,
                reports=reports,
                bearer=bearer,
                limits=limits,
                client=client,
            )


@asynccontextmanager
async def open_ports(
    database: Database, clock: FakeClock, ids: CountingIds
) -> AsyncIterator[Ports]:
    """Open a store on a database, with a vault, and close it in the end."""
    async with database.opened() as store:
        vault = KeyVault(
            MasterKey({1: bytes(32)}),
            now=clock.now,
            monotonic_s=lambda: clock.now().timestamp(),
        )
        yield Ports(store, vault, clock, ids)


@asynccontextmanager
async def reopened(
    house: House, ports: Ports, *, public_url: str | None = None
) -> AsyncIterator[House]:
    """Serve the same house over other ports, one of them broken perhaps, or under another URL."""
    bearer, reports = BearerTokens(ports, house.limits), house.reports
    async with client_of(ports, bearer, house.limits, reports, public_url=public_url) as client:
        yield replace(house, ports=ports, bearer=bearer, client=client)


def client_of(
    ports: Ports,
    bearer: BearerTokens,
    limits: AttemptLimits,
    reports: Reports,
    *,
    public_url: str | None = None,
    peer: str = PEER,
) -> httpx2.AsyncClient:
    """Return a client that talks, without a network, to all APIs over these ports."""
    app = app_of(ports, bearer, limits, reports, public_url=public_url)
    transport = httpx2.ASGITransport(app, client=(peer, 49_152))
    return httpx2.AsyncClient(transport=transport, base_url=BASE_URL)


def app_of(
    ports: Ports,
    bearer: BearerTokens,
    limits: AttemptLimits,
    reports: Reports,
    *,
    public_url: str | None = None,
) -> AsgiApp:
    """Return all APIs over these ports, as an application."""
    edge = Edge(
        ports=ports,
        bearer=bearer,
        limits=limits,
        body_bytes_max=65_536,
        public_url=public_url,
        has_cors=True,
    )
    return build_app(
        all_apis(),
        edge,
        more_routes=[],
        observer=reports,
        log_unexpected=reports.log_unexpected,
    )


def all_apis(*, has_cors: bool = True) -> list[Api]:
    """Return every API there is, found by walking the package."""
    names = sorted(module.name for module in pkgutil.iter_modules(lastschrift.apis.__path__))
    routes = [importlib.import_module(f"lastschrift.apis.{name}.routes") for name in names]
    return [module.api(has_cors=has_cors) for module in routes]
