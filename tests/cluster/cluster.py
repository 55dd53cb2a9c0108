"""Three nodes that keep one database, and what the outside sees of them."""

import asyncio
import json
import secrets
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from tests.cluster.configuration import Passwords, database_url
from tests.cluster.network import NETWORK, Machine, lay_wire
from tests.cluster.node import Node

T = TypeVar("T")

SIZE = 3
TIMEOUT_S = 120
PATRONI_PORT = 8008
PATRONI_TIMEOUT_S = 30

_CONNECT_TIMEOUT_S = 2
_STATEMENT_TIMEOUT_S = 10
_POLL_S = 0.1

_HEALTHY = {
    True: (["quorum", "quorum"], ["leader", "quorum_standby", "quorum_standby"]),
    False: (["async", "async"], ["leader", "replica", "replica"]),
}
"""By whether the cluster is synchronous: what PostgreSQL says of standbys, and Patroni of all."""

_UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke in the middle of a statement
)

_WHICH_LIFE = "SELECT pg_is_in_recovery() AS standby, pg_postmaster_start_time() AS started"
_WHICH_STANDBYS = """
    SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming' ORDER BY sync_state
"""
_ASYNCHRONOUS = {"synchronous_mode": False, "synchronous_mode_strict": False}


class NotInTime(TimeoutError):
    """The cluster did not come to what was waited for."""


@dataclass(frozen=True, slots=True)
class Primary:
    """A PostgreSQL that takes writes, in one of its lives: from a start to its end."""

    node: Node
    started: datetime


@dataclass(frozen=True, slots=True)
class Cluster:
    """The nodes, and the passwords they share."""

    nodes: Sequence[Node]
    passwords: Passwords
    is_synchronous: bool

    @property
    def database_url(self) -> str:
        """Where Lastschrift's servers find the database."""
        return database_url({node.name: node.address for node in self.nodes}, self.passwords)

    def others(self, node: Node) -> list[Machine]:
        """Return all machines but one."""
        return [other.machine for other in self.nodes if other is not node]

    async def primary(self, after: Primary | None = None) -> Primary:
        """Wait for a primary, another one or in another life than ``after``, and return it.

        Raises: NotInTime.
        """

        async def look() -> Primary | None:
            found = await asyncio.gather(*(self._as_primary(node) for node in self.nodes))
            return next((each for each in found if each is not None and each != after), None)

        return await _awaited("a primary", look)

    async def _as_primary(self, node: Node) -> Primary | None:
        with suppress(*_UNREACHABLE):
            async with self.connected(node) as connection:
                life = await connection.fetchrow(_WHICH_LIFE)
                return None if life["standby"] else Primary(node, life["started"])
        return None

    async def healthy(self, after: Primary | None = None) -> Primary:
        """Wait until PostgreSQL and Patroni both say that all nodes are at work, and in which role.

        Raises: NotInTime.
        """

        async def look() -> Primary | None:
            primary = await self.primary(after)
            with suppress(*_UNREACHABLE):
                standbys = await self._standbys(primary)
                members = await asyncio.to_thread(ask_patroni, primary.node, "GET", "cluster")
                seen = standbys, roles_in(members)
                return primary if seen == _HEALTHY[self.is_synchronous] else None
            return None

        return await _awaited("three nodes at work", look)

    async def _standbys(self, primary: Primary) -> list[str]:
        async with self.connected(primary.node) as connection:
            return [row["sync_state"] for row in await connection.fetch(_WHICH_STANDBYS)]

    @asynccontextmanager
    async def connected(self, node: Node, database: str = "postgres") -> AsyncIterator[Any]:
        """Connect to a node as its superuser."""
        connection = await asyncpg.connect(
            host=node.address,
            user="postgres",
            password=self.passwords.superuser_password,
            database=database,
            timeout=_CONNECT_TIMEOUT_S,
            command_timeout=_STATEMENT_TIMEOUT_S,
        )
        try:
            yield connection
        finally:
            connection.terminate()

    async def prepare(self) -> None:
        """Wait until all is well the first time, and make Lastschrift's empty database."""
        if not self.is_synchronous:
            await _awaited("settings", self._become_asynchronous)
        primary = await self.healthy()
        password = self.passwords.lastschrift_password
        async with self.connected(primary.node) as connection:
            await connection.execute(f"CREATE ROLE lastschrift LOGIN PASSWORD '{password}'")
            await connection.execute("CREATE DATABASE lastschrift OWNER lastschrift")

    async def _become_asynchronous(self) -> bool | None:
        with suppress(*_UNREACHABLE):
            await asyncio.to_thread(ask_patroni, self.nodes[0], "PATCH", "config", _ASYNCHRONOUS)
            return True
        return None

    async def switch_over(self, primary: Primary) -> None:
        """Ask for another primary, and wait until Patroni says that it is done."""
        question = {"leader": primary.node.name}
        await asyncio.to_thread(ask_patroni, primary.node, "POST", "switchover", question)


@contextmanager
def running_cluster(directory: Path, *, is_synchronous: bool) -> Iterator[Cluster]:
    """Run three nodes until the block ends; their disks and logs are left in the directory."""
    lay_wire()
    passwords = Passwords(
        superuser_password=secrets.token_hex(16),
        replication_password=secrets.token_hex(16),
        lastschrift_password=secrets.token_hex(16),
    )
    names = {f"node{number}": str(NETWORK[number]) for number in range(1, SIZE + 1)}
    nodes = [
        Node(Machine(name, address), directory / name, passwords) for name, address in names.items()
    ]
    for node in nodes:
        node.set_up(names)
    try:
        for node in nodes:
            node.start()
        yield Cluster(nodes, passwords, is_synchronous)
    finally:
        for node in nodes:
            node.kill()


def roles_in(members: Any) -> list[str]:  # noqa: ANN401  # JSON
    """Return the roles of all members that are at work, as Patroni tells them, sorted.

    >>> roles_in({"members": [{"role": "leader", "state": "running"}]})
    ['leader']
    """
    at_work = {"running", "streaming"}
    return sorted(each["role"] for each in members["members"] if each["state"] in at_work)


def ask_patroni(node: Node, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  # JSON
    """Ask a node's Patroni for something, and return its answer.

    Raises: OSError, if it can't or will not.
    """
    request = urllib.request.Request(
        f"http://{node.address}:{PATRONI_PORT}/{path}",
        json.dumps(body).encode() if body is not None else None,
        method=method,
    )
    with urllib.request.urlopen(request, timeout=PATRONI_TIMEOUT_S) as answer:
        text = answer.read()
        return json.loads(text) if text.startswith(b"{") else None


async def _awaited(what: str, look: Callable[[], Awaitable[T | None]]) -> T:
    with suppress(TimeoutError):
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                if (found := await look()) is not None:
                    return found
                await asyncio.sleep(_POLL_S)
    raise NotInTime(what)
