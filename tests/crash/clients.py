"""Clients that register bank accounts as fast as they can, and remember what they were told."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2

CLIENTS = 16
COME_BACK_S = 0.01
REPEATED_SHARE = 0.2
"""How many registrations are of an account that some client registers already."""

DEMO_ID = "09ae83af7c37121b2de929b211bad944"
DEMO_SECRET = "9c5f250b69f6436cb38fd780349bc00810d8d5051d3dcf821e428f65a32724bd"

CUSTOMERS = "/api/v2/Payment/Customers"
CONTAINERS = "/api/v2/Payment/Containers"
PAYMENT_METHODS = "/pay/2024-1/payment-methods"
PACE_SCOPES = "pay:payment-methods:create pay:payment-methods:read"
ADDRESS = {
    "street": "Haid-und-Neu-Str.",
    "houseNo": "18",
    "postalCode": "76131",
    "city": "Karlsruhe",
    "countryCode": "DE",
}
JSON_API = {"Accept": "application/vnd.api+json", "Content-Type": "application/vnd.api+json"}


@dataclass(slots=True)
class Told:
    """What clients were told, over the lives of several servers.

    ``containers``: id -> (customer, IBAN), of each one acknowledged. ``existing``: what was said
    to exist already. ``methods``: id -> IBAN, by PACE. ``unanswered``: how many got no answer.
    ``turned_away``: how many were told to come back (503). ``asked``: what was asked for by
    secuconnect, to be asked for again.
    """

    containers: dict[str, tuple[str, str]] = field(default_factory=dict)
    existing: set[tuple[str, str]] = field(default_factory=set)
    methods: dict[str, str] = field(default_factory=dict)
    unanswered: int = 0
    turned_away: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    def so_far(self) -> "Told":
        """Return what has been told up to this moment; clients may be told more meanwhile."""
        return Told(
            containers=self.containers.copy(),
            existing=self.existing.copy(),
            methods=self.methods.copy(),
            unanswered=self.unanswered,
            turned_away=self.turned_away,
            asked=self.asked.copy(),
        )


def ibans(seed: int) -> Iterator[str]:
    """Yield valid German IBANs, none twice for the same seed."""
    for number in itertools.count(seed * 10_000_000):
        bban = f"37040044{number:010d}"
        yield f"DE{98 - int(bban + '131400') % 97:02d}{bban}"


async def token(http: httpx2.AsyncClient, scope: str | None = None) -> dict[str, str]:
    """Return the header that authorises the demo client."""
    form = {
        "grant_type": "client_credentials",
        "client_id": DEMO_ID,
        "client_secret": DEMO_SECRET,
        **({"scope": scope} if scope else {}),
    }
    answer = (await http.post("/oauth/token", data=form)).raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def authorized(url: str) -> dict[str, str]:
    """Return the header that authorises the demo client, for who asks without an event loop."""

    async def ask() -> dict[str, str]:
        async with httpx2.AsyncClient(base_url=url) as http:
            return await token(http)

    return asyncio.run(ask())


async def new_customer(http: httpx2.AsyncClient, headers: dict[str, str]) -> str:
    """Save a customer, and return its id."""
    body = {"contact": {"forename": "John", "surname": "Doe"}}
    answer = await http.post(CUSTOMERS, headers=headers, json=body)
    customer: str = answer.raise_for_status().json()["id"]
    return customer


async def register_until_killed(
    url: str, told: Told, fresh: Iterator[str], customers: list[str]
) -> None:
    """Let all clients register on both wires until the server is gone."""
    limits = httpx2.Limits(max_connections=CLIENTS)
    async with httpx2.AsyncClient(base_url=url, limits=limits, timeout=30) as http:
        secuconnect, pace = await token(http), await token(http, PACE_SCOPES)
        if not customers:
            customers += [await new_customer(http, secuconnect) for _ in range(CLIENTS)]
        clients = [
            _save_containers(http, secuconnect, told, fresh, customers) for _ in range(CLIENTS - 4)
        ]
        clients += [_register_methods(http, pace, told, fresh) for _ in range(4)]
        await asyncio.gather(*clients)


async def _save_containers(
    http: httpx2.AsyncClient,
    headers: dict[str, str],
    told: Told,
    fresh: Iterator[str],
    customers: list[str],
) -> None:
    recent = told.asked
    while True:
        if recent and random.random() < REPEATED_SHARE:
            customer, iban = random.choice(recent[-CLIENTS:])
        else:
            customer, iban = random.choice(customers), next(fresh)
            recent.append((customer, iban))
        body = {"customer": customer, "private": {"owner": "John Doe", "iban": iban}}
        try:
            answer = await http.post(CONTAINERS, headers=headers, json=body)
        except httpx2.TransportError:
            told.unanswered += 1
            return
        if answer.status_code == 503:
            await _come_back(answer, told)
        elif answer.status_code == 200:
            told.containers[answer.json()["id"]] = customer, iban
        else:
            assert answer.status_code == 409, answer.text
            told.existing.add((customer, iban))


async def _register_methods(
    http: httpx2.AsyncClient, headers: dict[str, str], told: Told, fresh: Iterator[str]
) -> None:
    while True:
        iban = next(fresh)
        attributes = {
            "kind": "sepa",
            "iban": iban,
            "firstName": "Jon",
            "lastName": "Smith",
            "address": ADDRESS,
        }
        body = {"data": {"type": "paymentMethod", "attributes": attributes}}
        try:
            answer = await http.post(
                PAYMENT_METHODS + "/sepa-direct-debit", headers=headers | JSON_API, json=body
            )
        except httpx2.TransportError:
            told.unanswered += 1
            return
        if answer.status_code == 503:
            await _come_back(answer, told)
            continue
        assert answer.status_code == 201, answer.text
        told.methods[answer.json()["data"]["id"]] = iban


async def _come_back(answer: httpx2.Response, told: Told) -> None:
    """Wait, though not for as long as the server says."""
    assert int(answer.headers["retry-after"]) > 0
    told.turned_away += 1
    await asyncio.sleep(COME_BACK_S)
