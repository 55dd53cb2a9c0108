"""Clients that register bank accounts on both wires, over both servers, and take no for no answer.

A registration that got 503, or no answer at all, is sent again, to the other server, until it has a
final answer: registered, or there already.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import cycle
from uuid import UUID

import httpx2

from tests.cluster.ledger import Kept, Ledger
from tests.cluster.servers import Servers
from tests.cluster.wires import WIRES, Registration, Wire
from tests.crash.clients import CUSTOMERS, ibans

CLIENTS = 12
CUSTOMER_COUNT = 16

_PAUSE_S = 0.1
"""Between two registrations of a client: the cluster's own work needs the processors, too."""

_ANSWER_TIMEOUT_S = 30
_TOKEN_LIFE_S = 600
_AGAIN_MIN_S, _AGAIN_MAX_S = 0.2, 1.0

_BUSY = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}
_TOKEN_UNKNOWN = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@dataclass(slots=True)
class Load:
    """All clients and what they share."""

    servers: Servers
    http: httpx2.AsyncClient
    ledger: Ledger
    _customers: Iterator[str] = field(default_factory=lambda: iter(()))
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    _ibans: Iterator[str] = field(default_factory=lambda: ibans(seed=1))
    _may_begin: asyncio.Event = field(default_factory=asyncio.Event)
    _answered: asyncio.Condition = field(default_factory=asyncio.Condition)
    _under_way: int = 0

    async def prepare(self) -> None:
        """Save the customers whose accounts will be registered."""
        token = await self._token(WIRES["secuconnect"])
        body = {"contact": {"forename": "John", "surname": "Doe"}}
        urls = cycle(self.servers.urls)
        answers = [
            await self.http.post(next(urls) + CUSTOMERS, headers=_bearer(token), json=body)
            for _ in range(CUSTOMER_COUNT)
        ]
        self._customers = cycle([answer.raise_for_status().json()["id"] for answer in answers])

    def go_on(self) -> None:
        """Let clients begin new registrations."""
        self._may_begin.set()

    async def come_to_rest(self) -> None:
        """Let no client begin anew, and wait until each has its final answer."""
        self._may_begin.clear()
        await self._until(lambda: not self._under_way)

    async def more(self, count: int) -> None:
        """Wait until that many more registrations have got their final answer."""
        wanted = len(self.ledger.times) + count
        await self._until(lambda: len(self.ledger.times) >= wanted)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        """Wait for what an answer may change."""
        async with self._answered:
            await self._answered.wait_for(is_so)

    async def run(self) -> None:
        """Register one account after the other, on both wires in turn, until cancelled."""
        async with asyncio.TaskGroup() as clients:
            for number in range(CLIENTS):
                clients.create_task(self._be_client(list(WIRES.values())[number % len(WIRES)]))

    async def _be_client(self, wire: Wire) -> None:
        while True:
            await self._may_begin.wait()
            self._under_way += 1
            asked = wire.new(next(self._ibans), next(self._customers))
            answer = await self._final_answer(wire, asked)
            account = wire.account(asked, answer)
            self.ledger.note(account, Kept(wire.name, asked.iban), time.monotonic())
            self._under_way -= 1
            async with self._answered:
                self._answered.notify_all()
            await asyncio.sleep(_PAUSE_S)

    async def _final_answer(self, wire: Wire, asked: Registration) -> httpx2.Response:
        """Ask one server after the other, until one has a final answer."""
        for url in cycle(self.servers.urls):
            token = await self._token(wire)
            headers = {**wire.headers, **asked.headers, **_bearer(token)}
            try:
                answer = await self.http.post(url + wire.path, headers=headers, json=asked.body)
            except httpx2.TransportError:
                await asyncio.sleep(_AGAIN_MIN_S)
            else:
                if wire.is_final(answer.status_code):
                    return answer
                self._note_refusal(wire, token, answer)
                await asyncio.sleep(_pause_s(answer))
            self.ledger.again += 1
        raise AssertionError("a cycle has no end")

    def _note_refusal(self, wire: Wire, token: str, answer: httpx2.Response) -> None:
        if answer.status_code in _TOKEN_UNKNOWN:
            if self._tokens.get(wire.name, ("", 0))[0] == token:
                del self._tokens[wire.name]
        elif answer.status_code not in _BUSY and "Retry-After" not in answer.headers:
            self.ledger.surprises.append(f"{wire.name}: {answer.status_code} {answer.text[:200]}")

    async def _token(self, wire: Wire) -> str:
        """Return a token for a wire: the one in use, or a new one, as often as it takes."""
        token, expires = self._tokens.get(wire.name, ("", 0.0))
        urls = cycle(self.servers.urls)
        while time.monotonic() > expires:
            token, expires = await self._new_token(next(urls), wire)
            if token:
                self._tokens[wire.name] = token, expires
        return token

    async def _new_token(self, url: str, wire: Wire) -> tuple[str, float]:
        credentials = self.servers.credentials
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "scope": wire.scope,
        }
        try:
            answer = await self.http.post(url + "/oauth/token", data=form)
        except httpx2.TransportError:
            await asyncio.sleep(_AGAIN_MIN_S)
            return "", 0.0
        if answer.status_code in _BUSY:
            await asyncio.sleep(_pause_s(answer))
            return "", 0.0
        token = str(answer.raise_for_status().json()["access_token"])
        return token, time.monotonic() + _TOKEN_LIFE_S

    async def finds(self, account: UUID, kept: Kept) -> bool:
        """Whether both servers show an account that was acknowledged, as it was registered."""
        wire = WIRES[kept.wire]
        headers = {**wire.headers, **_bearer(await self._token(wire))}
        answers = [
            await self.http.get(url + wire.place(account), headers=headers)
            for url in self.servers.urls
        ]
        return all(wire.shows(answer, kept.iban) for answer in answers)


def new_http() -> httpx2.AsyncClient:
    """Return what clients ask with."""
    limits = httpx2.Limits(max_connections=4 * CLIENTS)
    return httpx2.AsyncClient(limits=limits, timeout=_ANSWER_TIMEOUT_S, follow_redirects=False)


def _bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _pause_s(answer: httpx2.Response) -> float:
    told = answer.headers.get("Retry-After", "0")
    return min(max(float(told), _AGAIN_MIN_S), _AGAIN_MAX_S)
