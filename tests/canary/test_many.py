"""Thousands of account numbers, tokens and secrets: not one is in a file, a dump or a copy."""

import asyncio
import base64
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lastschrift.domain.access import Scope
from lastschrift.domain.identity import ContractId
from lastschrift.operations.create_client import CreateClient, create_client
from lastschrift.operations.issue_access_token import IssueAccessToken, issue_access_token
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.sqlite.installation import SqliteInstallation
from tests.canary.kept import Kept, KeptInFiles, KeptOnServer
from tests.canary.many import traces_of_many
from tests.databases import ENGINES, Database, copy_empty_database
from tests.house import House, open_house
from tests.postgres import PostgresServer, running_postgres
from tests.promises import control, promise, rounds
from tests.storage.filling import german_iban

COUNT = rounds(ci=200, soak=10_000)
NUMBERS = range(COUNT)
OTHER_NUMBERS = range(COUNT, COUNT + 5)
AT_ONCE = 100
CONTAINERS = "/api/v2/Payment/Containers"
OWNER = "Joachim Canary"
COUNTRY_AND_CHECK_DIGITS = 4

Values = Mapping[str, Sequence[str]]
"""Values that nobody may read, by their kinds."""


@dataclass(frozen=True, slots=True)
class Place:
    """A database, and what is kept of it."""

    database: Database
    kept: Kept


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """Run a server of this file's own: its write-ahead log holds what is kept here."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        copy_empty_database(tmp_path / "lastschrift.db")
        return Place(SqliteInstallation(tmp_path / "lastschrift.db"), KeptInFiles(tmp_path))
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_migrated()
    return Place(PostgresInstallation(url, url), KeptOnServer(server, url))


# --- filling --------------------------------------------------------------------------------------


async def fill(house: House, numbers: Sequence[int]) -> Values:
    """Make so many clients, tokens and accounts; return all that is secret of them."""
    client, secret = await house.open_contract(scopes=[Scope.SECUCONNECT])
    first = await token_of(house, client.id.hex, secret.reveal())
    secrets_and_tokens: list[tuple[str, str]] = []
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        making = (new_client(house, client.contract_id) for _ in some)
        secrets_and_tokens += await asyncio.gather(*making)
        await asyncio.gather(*(register(house, first, number) for number in some))
    ibans = [german_iban(number).reveal() for number in numbers]
    return {
        "account number": [iban[COUNTRY_AND_CHECK_DIGITS:] for iban in ibans],
        "secret": [secret.reveal(), *(made[0] for made in secrets_and_tokens)],
        "token": [first, *(made[1] for made in secrets_and_tokens)],
    }


async def token_of(house: House, client_id: str, secret: str) -> str:
    shown = {"client_id": client_id, "client_secret": secret}
    form = {"grant_type": "client_credentials", **shown}
    return str((await house.client.post("/oauth/token", data=form)).json()["access_token"])


async def new_client(house: House, contract: ContractId) -> tuple[str, str]:
    """Return a new client's secret, and a token of its own."""
    command = CreateClient(
        contract_id=contract, name="Shop", scopes=[Scope.SECUCONNECT], has_identity=False
    )
    made = await create_client(house.ports, command)
    asked = IssueAccessToken(client_id=made.client.id, client_secret=made.secret, scopes=None)
    return made.secret.reveal(), (await issue_access_token(house.ports, asked)).token.reveal()


async def register(house: House, token: str, number: int, owner: str = OWNER) -> None:
    body = {"private": {"iban": german_iban(number).reveal(), "owner": owner}}
    headers = {"Authorization": f"Bearer {token}"}
    answer = await house.client.post(CONTAINERS, json=body, headers=headers)
    assert answer.status_code == 200


# --- proof and controls ---------------------------------------------------------------------------

Fill = Callable[[House], Coroutine[Any, Any, Values]]


def filled(place: Place, fill_house: Fill) -> tuple[Values, dict[str, bytes]]:
    """Fill a database; return what is secret, and all that is kept while it is in use."""

    async def fill_and_look() -> tuple[Values, dict[str, bytes]]:
        async with open_house(place.database) as house:
            values = await fill_house(house)
            return values, await asyncio.to_thread(everything_kept, place.kept)

    return asyncio.run(fill_and_look())


def everything_kept(kept: Kept) -> dict[str, bytes]:
    return kept.files() | kept.copied()


@promise("nothing-in-clear")
def test_not_one_of_thousands_is_kept_in_clear(place: Place, figure: Callable[[str], None]) -> None:
    values, files = filled(place, lambda house: fill(house, NUMBERS))
    found = {where: traces_of_many(values, data) for where, data in files.items()}
    assert {where: traces for where, traces in found.items() if traces} == {}
    assert [where for where, data in files.items() if OWNER.encode() in data]
    megabytes = sum(map(len, files.values())) / 1_000_000
    figure(
        f"{COUNT:,} each of account numbers, tokens and secrets in {megabytes:.0f} MB "
        f"({', '.join(files)}): 0 found"
    )


@control("nothing-in-clear")
def test_an_account_number_that_somebody_has_written_elsewhere_is_found(place: Place) -> None:
    async def fill_carelessly(house: House) -> Values:
        values = await fill(house, OTHER_NUMBERS)
        number = values["account number"][3]
        await register(house, values["token"][0], COUNT + 5, owner=f"{number[:4]} {number[4:]}")
        return values

    values, files = filled(place, fill_carelessly)
    found = {where for where, data in files.items() if traces_of_many(values, data)}
    assert found >= {"copy"} or found >= {"dump", "write-ahead log"}


@control("nothing-in-clear")
@pytest.mark.parametrize(
    "write",
    [
        bytes,
        lambda value: value[::-1],
        lambda value: b" ".join([value[:4], value[4:8], value[8:]]),
        lambda value: value.decode().encode("utf-16-le"),
        lambda value: value.hex().upper().encode(),
        lambda value: base64.b64encode(b"a" + value),
        lambda value: base64.b64encode(b"ab" + value + b"c"),
    ],
)
def test_one_of_thousands_is_found_however_it_is_written(write: Callable[[bytes], bytes]) -> None:
    values = {
        "account number": [f"37040044{number:010}" for number in range(1_000)],
        "token": [f"{number:026}" for number in range(1_000)],
        "secret": [f"{number:064x}" for number in range(1_000)],
    }
    for kind, some in values.items():
        traces = traces_of_many(values, b"before: " + write(some[777].encode()) + b" behind")
        assert {trace.partition(",")[0] for trace in traces} >= {kind}
    assert not traces_of_many(values, b"before: " + write(b"370400441234567890") + b" behind")
