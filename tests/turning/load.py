"""Clients that register, repeat and read on both wires, and count what goes wrong."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import httpx2

from lastschrift.apis.secuconnect.ids import customer_id
from lastschrift.domain.access import Scope
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.party import Party
from lastschrift.operations.create_client import CreateClient, create_client
from lastschrift.operations.create_contract import CreateContract, create_contract
from lastschrift.operations.ports import Ports
from lastschrift.operations.register_bank_account import RegisterBankAccount, register_bank_account
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from tests.both_wires import CONTAINERS, Asked, Pace, Secuconnect
from tests.storage.filling import german_iban

CLIENTS = 8
CUSTOMERS = 8
_AT_ONCE = 500
_TOKEN_USED_FOR_S = 600
_PACE_SCOPES = "pay:payment-methods:create pay:payment-methods:read"


@dataclass(slots=True)
class Merchant:
    """Who asks: a client, its contract, the customers that accounts are registered for.

    ``rows``: how many accounts there were before.
    """

    contract: UUID
    rows: int
    client_id: str
    client_secret: str
    customers: Sequence[str]


async def fill(ports: Ports, rows: int) -> Merchant:
    """Open a contract with so many accounts, those with the IBANs of the first numbers."""
    contract = await create_contract(ports, CreateContract("Example Inc."))
    created = await create_client(
        ports,
        CreateClient(contract_id=contract.id, name="shop", scopes=tuple(Scope), has_identity=True),
    )
    client = created.client.id
    command = RegisterDebtor(contract_id=contract.id, client_id=client, contact=Party())
    debtors = [await register_debtor(ports, command) for _ in range(CUSTOMERS)]
    for start in range(0, rows, _AT_ONCE):
        commands = [
            RegisterBankAccount(
                contract_id=contract.id,
                client_id=client,
                debtor=DebtorRef(debtors[number % CUSTOMERS].id, DebtorKind.CUSTOMER),
                account_id=None,
                iban=german_iban(number),
                bic=None,
                bank_name=None,
                owner="John Doe",
                holder=None,
            )
            for number in range(start, min(rows, start + _AT_ONCE))
        ]
        await asyncio.gather(*(register_bank_account(ports, each) for each in commands))
    return Merchant(
        contract.id,
        rows,
        client.hex,
        created.secret.reveal(),
        [customer_id(debtor.id) for debtor in debtors],
    )


@dataclass(slots=True)
class Load:
    """Clients of several servers; ``numbers`` counts the IBANs that are used.

    ``wrong`` is what went wrong: a read that failed, a duplicate that was missed, a repetition that
    was done again.
    """

    urls: Sequence[str]
    merchant: Merchant
    numbers: int
    reads: int = 0
    repeats: int = 0
    registered: int = 0
    wrong: list[str] = field(default_factory=list)
    _containers: dict[int, str] = field(default_factory=dict)
    _methods: list[int] = field(default_factory=list)
    _keys: dict[str, str] = field(default_factory=dict)
    _registered_max: int | None = None

    def end_after(self, registrations: int) -> None:
        """Let all clients end when so many more accounts are registered."""
        self._registered_max = self.registered + registrations

    async def run(self) -> None:
        """Ask until it is over, or something went wrong."""
        limits = httpx2.Limits(max_connections=2 * CLIENTS)
        async with httpx2.AsyncClient(limits=limits, timeout=30) as http:
            clients = [_Client(self, http, *await self._wires(http)) for _ in range(CLIENTS)]
            authorizing = asyncio.create_task(self._keep_authorized(http, clients))
            try:
                await asyncio.gather(*(client.run() for client in clients))
            finally:
                authorizing.cancel()

    @property
    def goes_on(self) -> bool:
        """Whether there is more to ask."""
        is_over = self._registered_max is not None and self.registered >= self._registered_max
        return not (is_over or self.wrong)

    def next_number(self) -> int:
        """Return the number of an IBAN that nobody has used."""
        self.numbers += 1
        return self.numbers - 1

    def customer(self, number: int) -> str:
        """Return whose account the one with this number's IBAN is."""
        return self.merchant.customers[number % CUSTOMERS]

    async def _keep_authorized(
        self, http: httpx2.AsyncClient, clients: Sequence["_Client"]
    ) -> None:
        """Give all clients new tokens before theirs expire."""
        while True:
            await asyncio.sleep(_TOKEN_USED_FOR_S)
            for client in clients:
                client.secuconnect, client.pace = await self._wires(http)

    async def _wires(self, http: httpx2.AsyncClient) -> tuple[Secuconnect, Pace]:
        """Return both wires, each with a token."""
        tokens = await self._token(http, None), await self._token(http, _PACE_SCOPES)
        return Secuconnect(tokens[0]), Pace(tokens[1])

    async def _token(self, http: httpx2.AsyncClient, scope: str | None) -> dict[str, str]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.merchant.client_id,
            "client_secret": self.merchant.client_secret,
            **({"scope": scope} if scope else {}),
        }
        answer = (await http.post(f"{self.urls[0]}/oauth/token", data=form)).raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@dataclass(slots=True)
class _Client:
    """One client, who asks for one thing after the other."""

    load: Load
    http: httpx2.AsyncClient
    secuconnect: Secuconnect
    pace: Pace

    async def run(self) -> None:
        """Ask until it is over, or something went wrong."""
        tasks = (
            self._register,
            self._repeat,
            self._read,
            self._find,
            self._register_method,
            self._repeat_method,
            self._repeat_key,
        )
        while self.load.goes_on:
            (task,) = random.choices(tasks, weights=(6, 6, 4, 1, 2, 2, 1))
            await task()

    async def _register(self) -> None:
        number = self.load.next_number()
        answer = await self._save(number)
        if self._is(answer, 200, "a registration"):
            self.load._containers[number] = answer.json()["id"]
            self.load.registered += 1

    async def _repeat(self) -> None:
        """Register again what is there: of old, or of just now."""
        kept = self.load._containers
        number = random.choice([random.randrange(self.load.merchant.rows), *list(kept)[-20:]])
        if self._is(await self._save(number), 409, "a duplicate"):
            self.load.repeats += 1

    async def _save(self, number: int) -> httpx2.Response:
        iban = german_iban(number).reveal()
        return await self._ask(self.secuconnect.save_container(iban, self.load.customer(number)))

    async def _read(self) -> None:
        if not self.load._containers:
            return
        number, container = random.choice(list(self.load._containers.items()))
        answer = await self._ask(self.secuconnect.read_container(container))
        if self._is(answer, 200, "a read"):
            self.load.reads += 1
            if answer.json()["private"]["iban"] != german_iban(number).reveal():
                self.load.wrong.append("another IBAN is read")

    async def _find(self) -> None:
        """Look for an IBAN that is there: it is found once."""
        number = random.randrange(self.load.merchant.rows)
        asked = f"private.iban:{german_iban(number).reveal()}"
        answer = await self._ask(self.secuconnect.listed(CONTAINERS, q=asked))
        if self._is(answer, 200, "a search"):
            self.load.reads += 1
            if answer.json()["count"] != 1:
                self.load.wrong.append(f"{answer.json()['count']} are found of an IBAN")

    async def _register_method(self) -> None:
        number = self.load.next_number()
        answer = await self._ask(self.pace.register(german_iban(number).reveal()))
        if self._is(answer, 201, "a registration by PACE"):
            self.load._methods.append(number)
            self.load.registered += 1

    async def _repeat_method(self) -> None:
        if self.load._methods:
            number = random.choice(self.load._methods)
            answer = await self._ask(self.pace.register(german_iban(number).reveal()))
            if self._is(answer, 303, "a duplicate by PACE"):
                self.load.repeats += 1

    async def _repeat_key(self) -> None:
        """Save a customer under an idempotency key, of old or a new one."""
        keys = self.load._keys
        key = random.choice([f"key-{self.load.next_number()}", *keys])
        answer = await self._ask(self.secuconnect.save_customer("Doe", key))
        if self._is(answer, 200, "a customer"):
            self.load.repeats += key in keys
            if keys.setdefault(key, answer.json()["id"]) != answer.json()["id"]:
                self.load.wrong.append("an idempotency key was forgotten")

    async def _ask(self, asked: Asked) -> httpx2.Response:
        """Send a request to any of the servers."""
        url = f"{random.choice(self.load.urls)}{asked.path}"
        return await self.http.request(
            asked.method,
            f"{url}?{asked.query}" if asked.query else url,
            headers=asked.headers,
            content=asked.body,
        )

    def _is(self, answer: httpx2.Response, status: int, what: str) -> bool:
        if answer.status_code != status:
            self.load.wrong.append(f"{what} was answered {answer.status_code}: {answer.text[:300]}")
        return answer.status_code == status
