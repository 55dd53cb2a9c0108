"""Finding the primary among several hosts, and what each connection is told."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest

from lastschrift.storage.postgres import connecting
from lastschrift.storage.postgres.connecting import Connection, NoPrimary, Primary
from tests.postgres import PostgresServer, execute, name_in, running_postgres

pytestmark = pytest.mark.anyio

FOUND_WITHIN_S = 1.0
"""Well below the time after which a connection attempt is given up."""


# --- hosts of which one is the primary ------------------------------------------------------------


@contextmanager
def running_standby() -> Iterator[PostgresServer]:
    """Run a server that takes reads only: it waits for what no primary sends it."""
    with running_postgres() as server:
        server.stop()
        (server.directory / "data" / "standby.signal").touch()
        server.start()
        yield server


@pytest.fixture(scope="module")
def standby() -> Iterator[PostgresServer]:
    """Return a standby that stays one."""
    with running_standby() as server:
        yield server


@pytest.fixture
def silent() -> Iterator[str]:
    """Return host and port of a machine that takes connections and says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def dead() -> str:
    """Return host and port where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def host_of(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def among(url: str, *hosts: str) -> str:
    """Return the URL with these hosts instead of its own."""
    return url.replace(host_of(url), ",".join(hosts))


@pytest.mark.parametrize("place", range(4))
async def test_the_primary_is_found_fast_among_others(
    url: str, standby: PostgresServer, silent: str, dead: str, place: int
) -> None:
    hosts = [dead, silent, host_of(standby.url("x"))]
    hosts.insert(place, host_of(url))
    async with asyncio.timeout(FOUND_WITHIN_S):
        connection = await Primary(among(url, *hosts)).connect()
    assert await connection.fetchval("SELECT current_database()") == name_in(url)
    assert await connection.fetchval("SELECT pg_is_in_recovery()") is False
    await connection.close()


async def test_without_a_primary_each_host_tells_why(
    url: str, standby: PostgresServer, silent: str, dead: str
) -> None:
    address = among(standby.url("postgres"), dead, silent, host_of(standby.url("postgres")))
    with pytest.raises(NoPrimary) as caught:
        await Primary(address, connect_s=0.2).connect()
    assert {type(reason) for reason in caught.value.reasons} == {
        ConnectionRefusedError,
        TimeoutError,
        asyncpg.TargetServerAttributeNotMatched,
    }


@pytest.fixture
def successor() -> Iterator[PostgresServer]:
    """Return a standby that is to be promoted."""
    with running_standby() as server:
        yield server


async def test_who_becomes_the_primary_is_found_while_another_host_says_nothing(
    successor: PostgresServer, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, said_no = successor.url("postgres"), asyncio.Event()
    monkeypatch.setattr(connecting, "_connect", telling(said_no))
    search = asyncio.create_task(Primary(among(url, silent, host_of(url))).connect())
    await said_no.wait()
    await asyncio.to_thread(execute, url, "SELECT pg_promote()")
    async with asyncio.timeout(FOUND_WITHIN_S):
        connection = await search
    await connection.close()


def telling(said_no: asyncio.Event) -> Callable[[str, float], Awaitable[Connection]]:
    """Return a connect that tells of the first host that takes no writes."""
    connect = connecting._connect

    async def connect_and_tell(url: str, timeout_s: float) -> Connection:
        try:
            return await connect(url, timeout_s)
        except asyncpg.TargetServerAttributeNotMatched:
            said_no.set()
            raise

    return connect_and_tell


async def test_no_connection_is_left_at_the_others(standby: PostgresServer, url: str) -> None:
    hosts = (host_of(standby.url("postgres")), host_of(url))
    async with asyncio.timeout(10):
        for _ in range(3):
            connection = await Primary(among(url, *hosts)).connect()
            await connection.close()
        while await connections_of_ours(standby):  # noqa: ASYNC110  # another process tells
            await asyncio.sleep(0.005)


async def connections_of_ours(server: PostgresServer) -> int:
    connection = await asyncpg.connect(server.url("postgres"))
    ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lastschrift'"
    count: int = await connection.fetchval(ours)
    await connection.close()
    return count


async def test_who_no_longer_waits_for_a_connection_leaves_none(url: str, silent: str) -> None:
    before = asyncio.all_tasks()
    connecting = asyncio.create_task(Primary(among(url, silent)).connect())
    await asyncio.sleep(0)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    assert asyncio.all_tasks() == before


# --- what a connection is told --------------------------------------------------------------------


async def test_no_statement_is_cut_off_whatever_the_role_has(url: str) -> None:
    name = name_in(url)
    await asyncio.to_thread(execute, url, f"ALTER DATABASE {name} SET statement_timeout = '1s'")
    connection = await Primary(url).connect()
    shown = {
        name: await connection.fetchval(f"SHOW {name}")
        for name in ("statement_timeout", "lock_timeout", "application_name")
    }
    await connection.close()
    await asyncio.to_thread(execute, url, f"ALTER DATABASE {name} RESET statement_timeout")
    assert shown == {
        "statement_timeout": "0",
        "lock_timeout": "1900ms",
        "application_name": "lastschrift",
    }


@pytest.mark.parametrize("wanted", ["read-write", "primary", "any", "standby"])
async def test_an_address_is_always_the_primary_s_whatever_it_asks_for(
    url: str, standby: PostgresServer, wanted: str
) -> None:
    hosts = (host_of(standby.url("x")), host_of(url))
    connection = await Primary(f"{among(url, *hosts)}?target_session_attrs={wanted}").connect()
    assert await connection.fetchval("SELECT pg_is_in_recovery()") is False
    await connection.close()
