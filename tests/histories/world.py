"""A server that may crash, on a database that stays; two merchants, and a provider of users.

The server is the whole house in the process of the test: all of it is real but its clock and ids.
It crashes between two writes, so that it is known what was committed; `tests/crash` kills it in
the midst of them.
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from msgspec import structs

from lastschrift.domain.access import TOKEN_LIFETIME, Scope, Secret
from lastschrift.domain.identity import ContractId
from lastschrift.domain.users import OutsideUser
from lastschrift.identity_providers.fetching import Fetcher
from lastschrift.identity_providers.verifying import TrustedProviders
from lastschrift.operations.create_client import CreateClient, CreatedClient, create_client
from lastschrift.operations.create_contract import CreateContract, create_contract
from lastschrift.operations.issue_access_token import IssueAccessToken, issue_access_token
from lastschrift.operations.ports import Ports
from lastschrift.storage.sqlite.installation import SqliteInstallation
from lastschrift.web.bearer import BearerTokens
from tests.both_wires import Answered, Asked, Headers
from tests.databases import Database, looking_into
from tests.histories.asking import ask_application
from tests.histories.books import CHANGES
from tests.histories.plug import PluggedStore
from tests.house import CountingIds, FakeClock, Reports, app_of, open_ports, usual_limits
from tests.identity_providers.issuer import Issuer, ec_key

EVERY_SCOPE = tuple(Scope)
MERCHANTS = 2
_PATIENCE_S = 60

_KEY = ec_key()


class World:
    """Servers, one after the other. ``clients`` has one of each merchant."""

    def __init__(self, database: Database, issuer: Issuer, clock: FakeClock) -> None:
        self.clock = clock
        self.issuer = issuer
        self.clients: list[CreatedClient] = []
        self._database = database
        self._ids = CountingIds()
        self._doors = AsyncExitStack()
        self._reports = Reports()
        self._copies = 0

    @classmethod
    @asynccontextmanager
    async def opened(cls, database: Database) -> AsyncIterator["World"]:
        """Open a server with two merchants; the provider's users pay the first of them."""
        clock = FakeClock()
        async with Issuer.serving(clock) as issuer:
            issuer.keys = [_KEY]
            world = cls(database, issuer, clock)
            await world._begin_life()
            try:
                yield world
            finally:
                await world._doors.aclose()

    async def _begin_life(self) -> None:
        opening = open_ports(self._database, self.clock, self._ids)
        ports = await self._doors.enter_async_context(opening)
        while len(self.clients) < MERCHANTS:
            self.clients.append(await _new_client(ports))
        provider = self.issuer.provider(self.clients[0].client.id)
        trusted = TrustedProviders([provider], self.clock, Fetcher(timeout_s=_PATIENCE_S))
        self._plug = PluggedStore(ports.store)
        self.ports = structs.replace(ports, store=self._plug, identity_providers=trusted)
        limits = usual_limits(self.clock)
        self._app = app_of(self.ports, BearerTokens(self.ports, limits), limits, self._reports)

    # --- requests ---

    async def ask(self, asked: Asked) -> Answered:
        """Return the answer to a request; whatever is asked, the server does not fail."""
        answer = await ask_application(self._app, asked)
        for error, _ in self._reports.unexpected:
            raise error
        assert answer.status < 500, answer
        return answer

    async def new_token(self, merchant: int) -> tuple[Headers, datetime]:
        """Return what authorises a merchant on both wires, and until when."""
        made = self.clients[merchant]
        command = IssueAccessToken(
            client_id=made.client.id, client_secret=made.secret, scopes=EVERY_SCOPE
        )
        issued = await issue_access_token(self.ports, command)
        return _bearer(issued.token), self.clock.now() + TOKEN_LIFETIME

    def user_headers(self, user: str) -> Headers:
        """Return what authorises a user, for some minutes."""
        return _bearer(self.issuer.token(sub=user, scope=" ".join(EVERY_SCOPE)))

    def user(self, name: str) -> OutsideUser:
        """Return a user as the provider's tokens name it."""
        return OutsideUser(self.issuer.url, name)

    def contract(self, merchant: int) -> ContractId:
        """Return a merchant's contract."""
        return self.clients[merchant].client.contract_id

    async def audited(self, merchant: int) -> Counter[str]:
        """Return how often the audit trail tells of which change."""
        contract = self.contract(merchant).bytes
        async with looking_into(self._database) as looking:
            rows = await looking.rows("SELECT contract_id, action FROM audit_entry")
        return Counter(action for key, action in rows if key == contract and action in CHANGES)

    # --- crashes ---

    async def crash_while_asked(self, asked: Asked, writes: int) -> None:
        """Crash when so many writes are done for a request, or before it is answered."""
        self._plug.writes_left = writes
        asking = asyncio.ensure_future(self.ask(asked))
        silence = asyncio.ensure_future(self._plug.is_silent.wait())
        await asyncio.wait([asking, silence], return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            asking.result()  # which nobody hears of; but that there is one
        for task in (asking, silence):
            task.cancel()
        await asyncio.gather(asking, silence, return_exceptions=True)
        await self.crash()

    async def crash(self) -> None:
        """Leave the database as it is at this moment, and begin anew on it."""
        self._database, dying = self._left_behind(), self._doors
        self._doors = AsyncExitStack()
        await dying.aclose()
        await self._begin_life()

    def _left_behind(self) -> Database:
        """Return the database as a kill leaves it now."""
        return self._copied()

    def _copied(self) -> Database:
        """Return a copy of a SQLite file and of its log; whoever serves PostgreSQL, it lives on."""
        if not isinstance(self._database, SqliteInstallation):
            return self._database
        path = self._database._path
        self._copies += 1
        copy = path.with_name(f"copy-{self._copies}.db")
        for companion in ("", "-wal"):
            shutil.copyfile(f"{path}{companion}", f"{copy}{companion}")
        return SqliteInstallation(copy)


async def _new_client(ports: Ports) -> CreatedClient:
    """Open a contract with a client."""
    contract = await create_contract(ports, CreateContract("Merchant"))
    command = CreateClient(
        contract_id=contract.id, name="Shop", scopes=EVERY_SCOPE, has_identity=True
    )
    return await create_client(ports, command)


def _bearer(token: Secret) -> Headers:
    return {"Authorization": f"Bearer {token.reveal()}"}
