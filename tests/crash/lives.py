"""One installation over the lives of several servers: what clients were told, and what it kept."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.crash.clients import (
    CONTAINERS,
    PACE_SCOPES,
    PAYMENT_METHODS,
    Told,
    ibans,
    register_until_killed,
    token,
)
from tests.serving import PROGRAM, RunningServer, running_sandbox

PAGE = 1_000
WAIT_S = 20


@dataclass(frozen=True, slots=True)
class Kept:
    """What is there: containers, id -> (customer, IBAN), and the ids of payment methods."""

    containers: dict[str, tuple[str, str]]
    methods: set[str]


@dataclass(slots=True)
class Lives:
    """An installation, its clients, and how long each of its servers took until it answered."""

    directory: Path
    options: tuple[str, ...] = ()
    told: Told = field(default_factory=Told)
    ready_s: list[float] = field(default_factory=list)
    fresh: Iterator[str] = field(default_factory=lambda: ibans(seed=1))
    customers: list[str] = field(default_factory=list)

    @contextmanager
    def live(self, program: Sequence[str] = PROGRAM) -> Iterator[RunningServer]:
        """Run a server until the block ends."""
        begun = time.monotonic()
        with running_sandbox(self.directory, *self.options, program=program) as server:
            self.ready_s.append(time.monotonic() - begun)
            yield server

    def register_until_gone(self, server: RunningServer) -> None:
        """Let clients register until the server answers no more."""
        with suppress(httpx2.TransportError):  # It went before the clients had begun.
            asyncio.run(register_until_killed(server.url, self.told, self.fresh, self.customers))

    @contextmanager
    def registering(self, server: RunningServer) -> Iterator[Told]:
        """Let clients register beside what is done in the block; then kill the server."""
        with ThreadPoolExecutor(1) as thread:
            clients = thread.submit(self.register_until_gone, server)
            try:
                self.await_more()
                yield self.told
            finally:
                server.kill()
                clients.result()

    def await_more(self) -> None:
        """Wait until clients have been told of more containers."""
        before, deadline = len(self.told.containers), time.monotonic() + WAIT_S
        while len(self.told.containers) <= before:
            assert time.monotonic() < deadline, "the clients register nothing"
            time.sleep(0.005)

    def check(self) -> None:
        """Start once more, and let pass what was kept as it was told.

        Raises: AssertionError.
        """
        with self.live() as server:
            kept = asyncio.run(all_kept(server.url))
        check_kept(self.told, kept)

    @property
    def acknowledged(self) -> int:
        """How many registrations were acknowledged."""
        return len(self.told.containers) + len(self.told.methods)

    @property
    def summary(self) -> str:
        """What is to be said of lives that `check` let pass."""
        return f"{self.acknowledged:,} acknowledged, 0 lost, 0 doubled"


def check_kept(told: Told, kept: Kept) -> None:
    """Let pass what has all that was acknowledged, and nothing twice.

    Raises: AssertionError.
    """
    containers = kept.containers
    lost = {key for key, account in told.containers.items() if containers.get(key) != account}
    assert not lost, f"{len(lost)} of {len(told.containers)} acknowledged containers are lost"
    gone = told.methods.keys() - kept.methods
    assert not gone, f"{len(gone)} of {len(told.methods)} acknowledged payment methods are lost"
    accounts = Counter(containers.values())
    assert told.existing <= accounts.keys(), "what was said to exist does not"
    assert {account: n for account, n in accounts.items() if n > 1} == {}, "kept twice"


async def all_kept(url: str) -> Kept:
    """Return all containers and payment methods."""
    containers: dict[str, tuple[str, str]] = {}
    async with httpx2.AsyncClient(base_url=url, timeout=60) as http:
        headers = await token(http)
        total = 1
        while len(containers) < total:
            page = {"count": PAGE, "offset": len(containers)}
            listing = (await http.get(CONTAINERS, headers=headers, params=page)).json()
            total = listing["count"]
            for item in listing["data"]:
                customer = item.get("customer", {}).get("id", "")
                containers[item["id"]] = customer, item["private"]["iban"]
        return Kept(containers, await _all_methods(http))


async def _all_methods(http: httpx2.AsyncClient) -> set[str]:
    """Return the ids of all payment methods, going by `links.next`."""
    headers, methods = await token(http, PACE_SCOPES), set[str]()
    following: str | None = PAYMENT_METHODS
    while following:
        document = (await http.get(following, headers=headers)).raise_for_status().json()
        methods |= {item["id"] for item in document["data"]}
        following = document.get("links", {}).get("next")
    return methods
