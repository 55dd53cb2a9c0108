"""Installations whose database is on a PostgreSQL server: made, administered, served, emptied."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from lastschrift.admin.lock import Holder, hold, holder_of
from lastschrift.cli.demo import DEMO_CLIENT_ID
from lastschrift.settings import PostgresDatabase, Settings
from tests.cli.installations import (
    Ended,
    command,
    lent_production,
    make_production,
    mark_config,
    refusal,
    set_database,
    told_json,
)
from tests.postgres import execute, name_in, running_postgres, shared_postgres
from tests.serving import running, running_sandbox


@pytest.fixture
def url() -> Iterator[str]:
    """Return where a database is that has nothing in it."""
    with shared_postgres().lent_nothing() as lent:
        yield lent


def init(directory: Path, url: str) -> Ended:
    ended = command("init", "--data", str(directory), "--database", url)
    assert ended.code == 0, ended.stderr
    return ended


def tables(url: str) -> set[str]:
    rows = execute(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in rows}


# --- made -----------------------------------------------------------------------------------------


def test_what_init_makes_needs_nothing_named_again(tmp_path: Path) -> None:
    directory = tmp_path / "a"
    with running_postgres(is_forgetful=False) as server:
        url = server.create_database()
        told = init(directory, url.replace("@", ":hunter2@"))
        contract = told_json(directory, "contract", "create", "Stadtwerke Beispiel")
        options = ("--contract", contract["id"], "--name", "Shop")
        client = told_json(directory, "client", "create", *options)
        assert told_json(directory, "migrate") == {"applied": []}
        found = told_json(directory, "doctor")
        with running("serve", directory, [], {}) as served:
            assert httpx2.get(f"{served.url}/readyz").status_code == 200
            answer = httpx2.post(
                f"{served.url}/oauth/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": client["client_id"],
                    "client_secret": client["client_secret"],
                },
            )
            assert answer.status_code == 200
    assert f"database    {url}\n" in told.stdout
    assert {finding["state"] for finding in found} == {"ok"}
    text = next(finding["text"] for finding in found if finding["subject"] == "database")
    assert text.startswith(f"{url}, PostgreSQL 18.")
    assert Settings.load(directory, {}).database == PostgresDatabase(url.replace("@", ":hunter2@"))
    assert (directory / "lastschrift.toml").stat().st_mode & 0o777 == 0o600


def test_an_installation_is_not_made_twice(tmp_path: Path, url: str) -> None:
    init(tmp_path / "a", url)
    assert refusal(tmp_path / "a", "init").endswith(
        "is an installation already; lastschrift serve runs it"
    )


def test_a_second_machine_is_told_to_bring_the_key(tmp_path: Path, url: str) -> None:
    init(tmp_path / "a", url)
    key = (tmp_path / "a" / "master.key").read_bytes()
    assert refusal(tmp_path / "b", "init", "--database", url).startswith(
        f"{url} is an installation's database already: put the master key that belongs to it at "
    )
    assert not (tmp_path / "b" / "master.key").exists()
    (tmp_path / "b" / "master.key").write_bytes(key)
    (tmp_path / "b" / "master.key").chmod(0o600)
    with running("serve", tmp_path / "b", [], {}) as server:
        assert httpx2.get(f"{server.url}/readyz").status_code == 200


def test_what_was_interrupted_is_gone_on_with(tmp_path: Path) -> None:
    directory = make_production(tmp_path / "a")
    (directory / "lastschrift.db").unlink()
    url = shared_postgres().create_migrated()  # all tables are there, but the mark is not
    set_database(directory, url)
    assert command("init", "--data", str(directory)).code == 0
    assert [tuple(row) for row in execute(url, "SELECT kind FROM installation")] == [
        ("production",)
    ]
    assert told_json(directory, "contract", "list") == []
    shared_postgres().drop_database(url)


def test_another_program_s_database_is_left_alone(tmp_path: Path, url: str) -> None:
    execute(url, "CREATE TABLE schema_version (version text)")
    assert refusal(tmp_path / "a", "init", "--database", url) == (
        "the database belongs to another program: name another one"
    )
    assert tables(url) == {"schema_version"}


def test_a_database_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    url = shared_postgres().url("nowhere")
    arguments = ("init", "--database", url.replace("@", ":hunter2@"))
    assert refusal(tmp_path / "a", *arguments) == (
        f"{url}: there is no such database; make it with createdb, or mend the setting database"
    )


def test_an_empty_database_is_no_installation(tmp_path: Path, url: str) -> None:
    directory = make_production(tmp_path / "a")
    set_database(directory, url)
    for arguments in (["serve"], ["migrate"], ["client", "list"]):
        told = refusal(directory, *arguments)
        assert told.startswith(f"there is no database at {url}; lastschrift init makes one")


# --- administered and served ----------------------------------------------------------------------


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Path]:
    with lent_production("postgres", tmp_path / "a") as directory:
        yield directory


def test_the_doctor_tells_a_server_that_forgets(production: Path) -> None:
    told = command("doctor", "--data", str(production))
    assert told.code == 1
    assert "fsync is off, so a power cut destroys it; set fsync = on" in told.stdout


def test_no_command_asks_for_the_directory_s_lock(production: Path) -> None:
    with hold(production, Holder.SERVER), running("serve", production, [], {}) as server:
        told_json(production, "contract", "create", "Stadtwerke Beispiel")
        assert told_json(production, "migrate") == {"applied": []}
        assert httpx2.get(f"{server.url}/readyz").status_code == 200
        assert not (production / "admin.sock").exists()


def test_a_server_takes_no_lock(production: Path) -> None:
    with running("serve", production, [], {}):
        assert holder_of(production) is None


def test_a_server_that_loses_what_it_commits_is_not_served_from(production: Path) -> None:
    database = Settings.load(production, {}).database
    assert isinstance(database, PostgresDatabase)
    name = name_in(database.url)
    execute(database.url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    told = refusal(production, "serve")
    execute(database.url, f"ALTER DATABASE {name} RESET synchronous_commit")
    assert told == (
        f"{database}: synchronous_commit is off or local, so what was answered can be lost; "
        "set it to on, for the role and for the database"
    )


# --- a sandbox ------------------------------------------------------------------------------------


def test_a_sandbox_is_emptied_under_the_same_key(tmp_path: Path, url: str) -> None:
    directory = tmp_path / "a"
    with running_sandbox(directory, "--database", url):
        told_json(directory, "contract", "create", "Another")
        assert len(told_json(directory, "contract", "list")) == 2
    key = (directory / "master.key").read_bytes()
    with running_sandbox(directory):
        assert len(told_json(directory, "contract", "list")) == 2
    with running_sandbox(directory, "--fresh"):
        assert [contract["name"] for contract in told_json(directory, "contract", "list")] == [
            "Sandbox"
        ]
        (client,) = told_json(directory, "client", "list")
        assert client["client_id"] == DEMO_CLIENT_ID
    assert (directory / "master.key").read_bytes() == key


def test_a_production_database_is_not_emptied_from_a_sandbox_directory(
    production: Path, tmp_path: Path
) -> None:
    contract = told_json(production, "contract", "create", "Stadtwerke Beispiel")
    sandbox = make_production(tmp_path / "sandbox")
    mark_config(sandbox, "sandbox")
    database = Settings.load(production, {}).database
    assert isinstance(database, PostgresDatabase)
    told = refusal(sandbox, "sandbox", "--fresh", LASTSCHRIFT_DATABASE=database.url)
    assert "lastschrift.toml says sandbox, the database says production" in told
    assert [it["id"] for it in told_json(production, "contract", "list")] == [contract["id"]]
