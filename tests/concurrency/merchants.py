"""Two merchants, what they ask of real servers, and a provider that vouches for payers."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx2
from anyio.from_thread import start_blocking_portal

from lastschrift.domain.access import Scope
from lastschrift.system import SystemClock
from tests.both_wires import CONTAINERS, CUSTOMERS, Answered, Asked, Headers, Pace, Secuconnect
from tests.cli.installations import change_database, lent_production, told_json
from tests.concurrency.volleys import volley
from tests.identity_providers.issuer import AUDIENCE, Issuer
from tests.serving import running
from tests.storage.filling import german_iban

EVERY_SCOPE = " ".join(Scope)

_numbers = count()


def new_iban() -> str:
    """Return an IBAN that no test has had."""
    return german_iban(next(_numbers)).reveal()


def new_name() -> str:
    """Return a text that no test has had: a key, or a name."""
    return f"new-{next(_numbers)}"


@dataclass(frozen=True, slots=True)
class Merchant:
    """A contract's client, with a token for both wires."""

    client: Mapping[str, str]
    headers: Headers

    @property
    def wire(self) -> Secuconnect:
        """What it asks by secuconnect."""
        return Secuconnect(self.headers)

    @property
    def payer(self) -> Pace:
        """The payer behind its own token."""
        return Pace(self.headers)


@dataclass(slots=True)
class Street:
    """Two merchants, and the servers that both ask; ``directory`` is where commands work."""

    engine: str
    directory: Path
    urls: Sequence[str]
    issuer: Issuer
    merchants: list[Merchant] = field(default_factory=list)

    @property
    def merchant(self) -> Merchant:
        """The first of them; the provider's users are payers of its contract."""
        return self.merchants[0]

    def fire(self, asked: Sequence[Asked]) -> list[Answered]:
        """Send all at one moment."""
        with volley(self.urls, len(asked)) as opened:
            return opened.fire(asked)

    def ask(self, asked: Asked) -> Answered:
        """Send one request."""
        return self.fire([asked])[0]

    def made(self, asked: Asked) -> str:
        """Ask for one thing, and return its id."""
        return self.all_made([asked])[0]

    def all_made(self, asked: Sequence[Asked]) -> list[str]:
        """Ask for many things, and return their ids."""
        answers = self.fire(asked)
        assert {answer.status for answer in answers} == {200}, answers[0].body
        return [answer.json()["id"] for answer in answers]

    def user(self, sub: str) -> Pace:
        """Return a user of the identity provider, with a token just given."""
        token = self.issuer.token(sub=sub, scope=EVERY_SCOPE).reveal()
        return Pace({"Authorization": f"Bearer {token}"})

    def linked_user(self, customer: str) -> Pace:
        """Return a new user, who is this customer."""
        sub = new_name()
        contract = ("--contract", self.merchant.client["contract"])
        linking = (self.issuer.url, sub, "--customer", customer, *contract)
        told_json(self.directory, "identity", "link", *linking)
        return self.user(sub)

    def listed(self) -> int:
        """Return how many customers and containers both merchants have."""
        asked = [
            merchant.wire.listed(path, count=0)
            for merchant in self.merchants
            for path in (CUSTOMERS, CONTAINERS)
        ]
        return sum(answer.json()["count"] for answer in self.fire(asked))

    def renew_tokens(self) -> None:
        """Let both merchants have a new token: they last for twenty minutes."""
        self.merchants = [self.merchant_of(merchant.client) for merchant in self.merchants]

    def merchant_of(self, client: Mapping[str, str]) -> Merchant:
        """Return a client with a new token."""
        form = {
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            "scope": EVERY_SCOPE,
        }
        answer = httpx2.post(f"{self.urls[0]}/oauth/token", data=form).raise_for_status()
        return Merchant(client, {"Authorization": f"Bearer {answer.json()['access_token']}"})


@contextmanager
def open_street(engine: str, place: Path, *changes: str) -> Iterator[Street]:
    """Serve two merchants: from one process on SQLite, from two on PostgreSQL.

    ``changes`` are statements that are done to the database before.
    """
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        serving = Issuer.serving(SystemClock())
        issuer = stack.enter_context(portal.wrap_async_context_manager(serving))
        directory = stack.enter_context(lent_production(engine, place / "one"))
        clients = [_new_client(directory), _new_client(directory)]
        _trust(directory, issuer, clients[0])
        for statement in changes:
            change_database(directory, statement)
        servers = [stack.enter_context(running("serve", directory, [], {}))]
        if engine == "postgres":
            other = shutil.copytree(directory, place / "other")
            servers.append(stack.enter_context(running("serve", other, [], {})))
        street = Street(engine, directory, [server.url for server in servers], issuer)
        street.merchants = [street.merchant_of(client) for client in clients]
        yield street


def _new_client(directory: Path) -> Mapping[str, str]:
    """Open a contract with a client that may do everything."""
    contract = told_json(directory, "contract", "create", "Merchant")["id"]
    made = told_json(directory, "client", "create", "--contract", contract, "--name", "Shop")
    return {**made, "contract": contract}


def _trust(directory: Path, issuer: Issuer, client: Mapping[str, str]) -> None:
    """Take the tokens of a provider; a client of ours stands for it."""
    table = {"issuer": issuer.url, "audience": AUDIENCE, "client": client["client_id"]}
    with (directory / "lastschrift.toml").open("a") as config:
        config.write("\n[[identity_provider]]\n")
        config.writelines(f'{name} = "{value}"\n' for name, value in table.items())
