"""An installation on a PostgreSQL server: made once, whole, and told in words where it can't be."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from lastschrift.operations.ports import Reader, Store
from lastschrift.storage.installation import DatabaseRefused
from lastschrift.storage.postgres import installation as postgres_installation
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.schema import NotOurDatabase, SchemaTooNew, SchemaTooOld
from tests.postgres import PostgresServer, execute, name_in, shared_postgres
from tests.storage.filling import add_contract

HUNTER = "hunter2"
"""A password that no message may tell."""


def installation(url: str) -> PostgresInstallation:
    return PostgresInstallation(url, "the database")


def tables(url: str) -> set[str]:
    rows = execute(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in rows}


def contracts(url: str) -> int:
    async def count(reader: Reader) -> int:
        return len(await reader.contracts())

    return installation(url).read(count)


def refusal(work: Callable[[], object]) -> str:
    """Return what is told of a database that is refused."""
    with pytest.raises(DatabaseRefused) as caught:
        work()
    assert caught.value.place == "the database"
    assert HUNTER not in str(caught.value)
    return str(caught.value).removeprefix("the database: ")


# --- made, looked at, taken away ------------------------------------------------------------------


async def fill(store: Store) -> None:
    await add_contract(store)


async def fill_half(store: Store) -> None:
    await add_contract(store)
    raise ZeroDivisionError


def test_what_is_made_is_filled_and_marked(empty_url: str) -> None:
    made = installation(empty_url)
    assert made.kind() is None
    made.create("sandbox", fill)
    assert made.kind() == "sandbox"
    assert contracts(empty_url) == 1


def test_what_was_interrupted_is_begun_anew(empty_url: str) -> None:
    made = installation(empty_url)
    with pytest.raises(ZeroDivisionError):
        made.create("sandbox", fill_half)
    assert made.kind() is None
    made.create("production", fill)
    assert made.kind() == "production"
    assert contracts(empty_url) == 1


def test_of_two_that_make_one_at_once_one_is_told(empty_url: str) -> None:
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(installation(empty_url).create, "sandbox", fill) for _ in range(2)]
        outcomes = [str(making.exception()) for making in both]
    assert sorted(outcomes, key=len) == [
        "None",
        "the database: was just made by another command; serve it with that one's master key",
    ]
    assert contracts(empty_url) == 1


def test_what_is_taken_away_leaves_an_empty_database(empty_url: str) -> None:
    made = installation(empty_url)
    made.delete()
    made.create("sandbox", fill)
    execute(empty_url, "CREATE VIEW payers AS SELECT id FROM debtor")
    made.delete()
    assert tables(empty_url) == set()
    assert made.kind() is None
    made.create("sandbox", None)
    assert contracts(empty_url) == 0


def test_another_program_s_tables_are_neither_used_nor_taken_away(empty_url: str) -> None:
    execute(empty_url, "CREATE TABLE schema_version (theirs text)")
    theirs = installation(empty_url)
    for work in (
        theirs.kind,
        theirs.migrate,
        theirs.check,
        theirs.delete,
        lambda: theirs.create("sandbox", None),
        lambda: contracts(empty_url),
    ):
        with pytest.raises(NotOurDatabase):
            work()
    assert tables(empty_url) == {"schema_version"}


def test_two_that_migrate_at_once_both_end_well(empty_url: str) -> None:
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(installation(empty_url).migrate) for _ in range(2)]
        applied = [migrating.result(timeout=30) for migrating in both]
    assert min(applied) == []
    assert max(applied)[0] == "0001_bank_accounts"


def test_an_old_schema_is_neither_well_nor_read(empty_url: str) -> None:
    for work in (installation(empty_url).check, lambda: contracts(empty_url)):
        with pytest.raises(SchemaTooOld):
            work()


def test_a_newer_schema_is_left_alone(url: str) -> None:
    execute(url, "INSERT INTO schema_version VALUES (4711, 'newer')")
    for work in (
        installation(url).check,
        installation(url).migrate,
        lambda: contracts(url),
    ):
        with pytest.raises(SchemaTooNew):
            work()


# --- what a server may not be ---------------------------------------------------------------------


def set_for_database(url: str, setting: str) -> None:
    execute(url, f"ALTER DATABASE {name_in(url)} SET {setting}")


@pytest.mark.parametrize("setting", ["off", "local"])
def test_a_server_that_answers_before_it_has_kept_is_refused(url: str, setting: str) -> None:
    set_for_database(url, f"synchronous_commit = {setting}")
    told = [refusal(lambda: contracts(url)), refusal(installation(url).check)]
    execute(url, f"ALTER DATABASE {name_in(url)} RESET synchronous_commit")
    words = (
        "synchronous_commit is off or local, so what was answered can be lost; "
        "set it to on, for the role and for the database"
    )
    assert told == [words, words]


def test_a_server_that_forgets_when_the_power_fails_is_told(url: str) -> None:
    assert refusal(installation(url).check) == (
        "fsync is off, so a power cut destroys it; set fsync = on"
    )


def test_a_database_that_takes_no_writes_is_refused(empty_url: str) -> None:
    set_for_database(empty_url, "default_transaction_read_only = on")
    assert refusal(installation(empty_url).kind) == (
        "takes no writes; name the primary, or all hosts of the cluster"
    )


# --- where it can't be reached --------------------------------------------------------------------


def elsewhere(url: str, *, netloc: str = "", database: str = "", query: str = "") -> str:
    """Return a URL with some of its parts changed."""
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(
            netloc=netloc or parts.netloc, path=f"/{database or name_in(url)}", query=query
        )
    )


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_is_not_there_is_told() -> None:
    url = f"postgresql://lastschrift:{HUNTER}@127.0.0.1:{free_port()}/x"
    assert refusal(installation(url).kind) == (
        "can't be reached; is PostgreSQL running there, and is the setting database right?"
    )


def test_a_machine_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_installation, "_CONNECT_S", 0.1)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"postgresql://lastschrift:{HUNTER}@127.0.0.1:{silent.getsockname()[1]}/x"
        told = refusal(installation(url).kind)
    assert told == "does not answer; is PostgreSQL running there?"


def test_a_database_that_is_not_there_is_told(empty_url: str) -> None:
    url = elsewhere(empty_url, database="nowhere")
    assert refusal(installation(url).kind) == (
        "there is no such database; make it with createdb, or mend the setting database"
    )


def test_an_option_that_there_is_not_is_told(empty_url: str) -> None:
    url = elsewhere(empty_url, query=f"sslmode=perhaps&password={HUNTER}")
    assert refusal(installation(url).kind) == (
        "is no address that can be used; mend the setting database"
    )


def test_what_nobody_foresaw_is_told_by_its_name(empty_url: str) -> None:
    url = elsewhere(empty_url, query="colour=blue")
    assert refusal(installation(url).kind) == (
        "refused (UndefinedObjectError); look into PostgreSQL's log"
    )


# --- who may not ----------------------------------------------------------------------------------


@pytest.fixture
def visitor(empty_url: str) -> Iterator[str]:
    """Return the URL of an empty database for a role that has no rights in it."""
    execute(empty_url, "CREATE ROLE visitor LOGIN")
    yield empty_url.replace("//lastschrift@", "//visitor@")
    execute(empty_url, "REASSIGN OWNED BY visitor TO lastschrift")
    execute(empty_url, "DROP OWNED BY visitor")
    execute(empty_url, "DROP ROLE visitor")


NO_RIGHTS = (
    "the role may not make or use the tables; "
    "let it own the database: ALTER DATABASE name OWNER TO role"
)


def test_a_role_that_there_is_not_is_told(empty_url: str) -> None:
    url = empty_url.replace("//lastschrift@", f"//nobody:{HUNTER}@")
    assert refusal(installation(url).kind) == (
        "does not let this role in; look at user and password in the setting database, "
        "and at pg_hba.conf"
    )


def test_a_role_that_may_not_make_tables_is_told(visitor: str, empty_url: str) -> None:
    assert refusal(lambda: installation(visitor).create("sandbox", None)) == NO_RIGHTS
    assert refusal(installation(visitor).migrate) == NO_RIGHTS
    assert tables(empty_url) == set()


def test_a_role_that_may_not_read_the_tables_is_told(visitor: str, empty_url: str) -> None:
    installation(empty_url).create("sandbox", None)
    assert refusal(installation(visitor).kind) == NO_RIGHTS
    assert refusal(installation(visitor).delete) == NO_RIGHTS


def test_a_role_without_any_schema_is_told(visitor: str, empty_url: str) -> None:
    execute(empty_url, "REVOKE USAGE ON SCHEMA public FROM public")
    assert refusal(lambda: installation(visitor).create("sandbox", None)) == (
        "the role has no schema to make tables in; "
        "let it own the database: ALTER DATABASE name OWNER TO role"
    )


def test_a_role_that_owns_the_database_may_do_all(visitor: str, empty_url: str) -> None:
    execute(empty_url, f"ALTER DATABASE {name_in(empty_url)} OWNER TO visitor")
    installation(visitor).create("sandbox", fill)
    assert contracts(visitor) == 1
    installation(visitor).delete()


def test_a_server_without_a_connection_to_spare_is_told(visitor: str, empty_url: str) -> None:
    execute(empty_url, f"ALTER DATABASE {name_in(empty_url)} CONNECTION LIMIT 0")
    assert refusal(installation(visitor).kind) == (
        "has no connection to spare; raise max_connections, or lower database_connections"
    )


@pytest.fixture(scope="module")
def guarded() -> Iterator[PostgresServer]:
    """Return a server that asks the role ``guarded`` for its password, and only that one."""
    server = shared_postgres()
    server.execute(f"CREATE ROLE guarded LOGIN PASSWORD '{HUNTER}'")
    rules = server.directory / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{before}")
    server.execute("SELECT pg_reload_conf()")
    until_asked(server)
    yield server
    rules.write_text(before)
    server.execute("SELECT pg_reload_conf()")
    server.execute("DROP ROLE guarded")


def until_asked(server: PostgresServer) -> None:
    """Return once the server has taken note of its rules."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            execute(server.url("postgres").replace("//lastschrift@", "//guarded@"), "SELECT 1")
        except asyncpg.InvalidPasswordError:
            return
    raise AssertionError


@pytest.mark.parametrize("given", ["", ":wrong"])
def test_a_wrong_password_is_told(guarded: PostgresServer, empty_url: str, given: str) -> None:
    url = empty_url.replace("//lastschrift@", f"//guarded{given}@")
    assert refusal(installation(url).kind) == (
        "does not let this role in; look at user and password in the setting database, "
        "and at pg_hba.conf"
    )


def test_the_right_password_is_not_told_when_something_else_is_wrong(
    guarded: PostgresServer, empty_url: str
) -> None:
    url = empty_url.replace("//lastschrift@", f"//guarded:{HUNTER}@")
    assert installation(url).kind() is None
    assert refusal(installation(url).migrate) == NO_RIGHTS


# --- while it is open -----------------------------------------------------------------------------


def test_a_store_leaves_no_connection_behind(url: str) -> None:
    async def open_and_close() -> None:
        async with installation(url).opened() as store:
            await add_contract(store)

    asyncio.run(open_and_close())
    others = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + 10
    while execute(url, others)[0][0]:
        assert time.monotonic() < deadline
