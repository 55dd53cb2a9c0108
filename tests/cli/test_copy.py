"""Moving an installation's database: copied, compared, gone on with; or refused in one line."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from bench.wires import CUSTOMER, SAMPLE_IBAN, SECUCONNECT
from lastschrift.settings import PostgresDatabase, Settings
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.sqlite.installation import SqliteInstallation
from tests.cli.installations import (
    Ended,
    command,
    lent_production,
    make_production,
    refusal,
    set_database,
    told_json,
)
from tests.postgres import running_postgres, shared_postgres
from tests.serving import RunningServer, running

Asked = tuple[str, str, Mapping[str, str], str]
"""Method, path, headers and body of a request."""

_JSON = {"Content-Type": "application/json"}
_CUSTOMERS = "/api/v2/Payment/Customers"
_CONTAINER = json.dumps(
    {"type": "bank_account", "private": {"owner": "John Doe", "iban": SAMPLE_IBAN}}
)
READ: Asked = ("GET", _CUSTOMERS, {}, "")
WRITTEN_DOWN: Sequence[Asked] = (
    ("POST", SECUCONNECT.path, _JSON, _CONTAINER),
    ("POST", _CUSTOMERS, _JSON, CUSTOMER),
    *[("POST", _CUSTOMERS, {**_JSON, "Idempotency-Key": f"{n}"}, CUSTOMER) for n in range(3)],
)

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "moving-to-postgresql.md"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return an installation with a contract and a client."""
    made = make_production(tmp_path / "a")
    new_client(made)
    return made


def new_client(directory: Path) -> dict[str, str]:
    """Make a client of a new contract."""
    contract = told_json(directory, "contract", "create", "Stadtwerke Beispiel")
    options = ("--contract", contract["id"], "--name", "Shop")
    client: dict[str, str] = told_json(directory, "client", "create", *options)
    return client


@pytest.fixture
def url() -> Iterator[str]:
    """Return where a database is that has nothing in it."""
    with shared_postgres().lent_nothing() as lent:
        yield lent


def copy(directory: Path, *arguments: str) -> Ended:
    ended = command("copy", "--data", str(directory), *arguments)
    assert ended.code == 0, ended.stderr
    return ended


# --- copied ---------------------------------------------------------------------------------------


def test_an_installation_goes_on_with_the_copy_under_its_master_key(
    directory: Path, url: str
) -> None:
    before = [told_json(directory, what, "list") for what in ("contract", "client")]
    told = copy(directory, "--to", url)
    assert re.search(r"^contract\t1\t[0-9a-f]{64}$", told.stdout, re.MULTILINE)
    assert "Give the setting database the URL that --to was given" in told.stdout
    assert "copying contract: 1 of " in told.stderr
    assert "comparing contract: 1 of " in told.stderr
    set_database(directory, url)
    (directory / "lastschrift.db").unlink()
    assert [told_json(directory, what, "list") for what in ("contract", "client")] == before
    found = command("doctor", "--data", str(directory)).stdout
    assert "master.key, opens the keys of 1 contracts" in found


def test_what_was_copied_is_told_to_programs_too(directory: Path, url: str) -> None:
    first = json.loads(copy(directory, "--to", url, "--json").stdout)
    assert first["from"] == str(directory / "lastschrift.db")
    assert first["to"] == url
    assert first["tables"][0].keys() == {"table", "rows", "sha256"}
    back = copy(directory, "--from", url, "--to", "sqlite:///back.db", "--json")
    assert json.loads(back.stdout) == {
        "from": url,
        "to": str(directory / "back.db"),
        "tables": first["tables"],
    }
    assert json.loads(copy(directory, "--to", url, "--json").stdout) == first  # compared


def test_with_both_places_named_no_installation_is_needed(directory: Path, tmp_path: Path) -> None:
    source, target = directory / "lastschrift.db", tmp_path / "copy.db"
    arguments = ("--from", f"sqlite:///{source}", "--to", f"sqlite:///{target}")
    told = command("copy", *arguments, LASTSCHRIFT_DATA=str(tmp_path / "nowhere"))
    assert told.code == 0, told.stderr
    assert SqliteInstallation(target).kind() == "production"
    assert not (tmp_path / "nowhere").exists()


def test_the_guide_can_be_followed(directory: Path) -> None:
    with running_postgres(is_forgetful=False) as server:
        url = server.create_database()
        for line in commands_of_the_guide():
            told = command(*(as_here(word, directory, url) for word in line))
            assert told.code == 0, (line, told)
            if f"--to {url}" in " ".join(as_here(word, directory, url) for word in line):
                set_database(directory, url)
    assert SqliteInstallation(directory / "back.db").kind() == "production"


def commands_of_the_guide() -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line.split() for line in "".join(blocks).splitlines()]
    return [words for program, *words in lines if program == "lastschrift" and words[0] != "serve"]


def as_here(word: str, directory: Path, url: str) -> str:
    if word.startswith("postgresql://"):
        return url
    return word.replace("/var/lib/lastschrift", str(directory))


# --- refused --------------------------------------------------------------------------------------


def test_nothing_is_copied_while_a_server_writes_it(directory: Path, url: str) -> None:
    with running("serve", directory, [], {}) as server:
        assert refusal(directory, "copy", "--to", url) == (
            f"{directory} is in use by a Lastschrift server (process {server.process.pid}): "
            "stop it, or name another directory with --data"
        )
    copy(directory, "--to", url)


def test_a_server_on_postgresql_says_that_it_may_not_write_meanwhile(tmp_path: Path) -> None:
    with lent_production("postgres", tmp_path / "b") as directory:
        client = new_client(directory)
        with running("serve", directory, [], {}) as server:
            with copying(directory):
                answer = ask_token(server, client)
                assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
                assert httpx2.get(f"{server.url}/readyz").status_code == 200
            assert ask_token(server, client).status_code == 200


def test_whatever_is_written_down_is_told_to_come_back_meanwhile(tmp_path: Path) -> None:
    with lent_production("postgres", tmp_path / "b") as directory:
        client = new_client(directory)
        with running("serve", directory, [], {}) as server:
            token = ask_token(server, client).json()["access_token"]
            made = asyncio.run(ask_all(server, token, WRITTEN_DOWN))
            assert {answer.status_code for answer in made} <= {200, 201}
            containers = f"{SECUCONNECT.path}/{made[0].json()['id']}"
            written = [*WRITTEN_DOWN, ("GET", containers, {}, "")]
            with copying(directory):
                answers = asyncio.run(ask_all(server, token, written))
                (customers,) = asyncio.run(ask_all(server, token, [READ]))
            assert [answer.status_code for answer in answers] == [503] * len(written)
            assert all("Retry-After" in answer.headers for answer in answers)
            assert customers.status_code == 200
            after = asyncio.run(ask_all(server, token, [READ]))
            assert after[0].json() == customers.json()


@contextmanager
def copying(directory: Path) -> Iterator[None]:
    """Do to an installation's database what a copy does, until the block ends."""
    database = Settings.load(directory, {}).database
    assert isinstance(database, PostgresDatabase)
    with asyncio.Runner() as runner:
        source = PostgresInstallation(database.url, str(database)).as_source()
        runner.run(source.__aenter__())
        yield
        runner.run(source.__aexit__(None, None, None))


async def ask_all(
    server: RunningServer, token: str, asked: Sequence[Asked]
) -> Sequence[httpx2.Response]:
    """Ask all at once."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as http:
        return await asyncio.gather(
            *[
                http.request(
                    method,
                    path,
                    headers={"Authorization": f"Bearer {token}", **headers},
                    content=body,
                )
                for method, path, headers, body in asked
            ]
        )


def ask_token(server: RunningServer, client: dict[str, str]) -> httpx2.Response:
    credentials = {name: client[name] for name in ("client_id", "client_secret")}
    return httpx2.post(
        f"{server.url}/oauth/token", data={"grant_type": "client_credentials", **credentials}
    )


def test_a_server_is_noticed_whose_database_lies_elsewhere(
    directory: Path, tmp_path: Path, url: str
) -> None:
    elsewhere = tmp_path / "there.db"
    (directory / "lastschrift.db").rename(elsewhere)
    variables = {"LASTSCHRIFT_DATABASE": f"sqlite:///{elsewhere}"}
    with running("serve", directory, [], variables):
        told = refusal(directory, "copy", "--to", url, **variables)
    assert told == f"{elsewhere}: another process has it open; stop that first"


def test_a_server_s_directory_is_no_place_for_a_copy_while_it_runs(
    directory: Path, tmp_path: Path
) -> None:
    served = make_production(tmp_path / "b")
    with running("serve", served, [], {}):
        told = refusal(directory, "copy", "--to", f"sqlite:///{served}/copy.db")
    assert told.startswith(f"{served} is in use by a Lastschrift server")


def test_a_database_is_not_copied_to_itself(directory: Path) -> None:
    told = refusal(directory, "copy", "--to", "sqlite:///lastschrift.db")
    assert told == (
        f"{directory}/lastschrift.db can't be copied to itself; name another place with --to"
    )


def test_no_password_is_shown(directory: Path) -> None:
    told = refusal(directory, "copy", "--to", "postgresql://me:canary@127.0.0.1:1/debit")
    assert told.startswith("postgresql://me@127.0.0.1:1/debit: can't be reached")
    ended = command("copy", "--data", str(directory), "--to", "postgres:/me:canary@there")
    assert ended.code == 2
    assert "canary" not in ended.stderr


def test_without_an_installation_the_source_is_named(tmp_path: Path) -> None:
    told = refusal(tmp_path / "a", "copy", "--to", "sqlite:///copy.db")
    assert told == f"{tmp_path}/a/lastschrift.toml is missing; lastschrift init makes one"
