"""How the server ends, and what it says in every answer's head."""

import asyncio
import http.client
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from tests.databases import ENGINES, keeping_on
from tests.serving import STOP_TIMEOUT_S, RunningServer, running_sandbox

pytestmark = pytest.mark.anyio

CLIENTS = 24
MANY = 200
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": DEMO_CLIENT_ID,
    "client_secret": DEMO_CLIENT_SECRET,
}
CUSTOMERS = "/api/v2/Payment/Customers"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_sandbox() as running:
        yield running


async def bearer(client: httpx2.AsyncClient) -> dict[str, str]:
    answer = await client.post("/oauth/token", data=CREDENTIALS)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


class Acknowledged:
    """How many registrations were; ``are_many`` once the server is well under way."""

    def __init__(self) -> None:
        self.count = 0
        self.are_many = asyncio.Event()

    def add(self) -> None:
        self.count += 1
        if self.count == MANY:
            self.are_many.set()


async def register_until_refused(url: str, acknowledged: Acknowledged) -> None:
    """Save customers one after the other until the server ends."""
    async with httpx2.AsyncClient(base_url=url) as client:
        headers = await bearer(client)
        try:
            while True:
                answer = await client.post(
                    CUSTOMERS, json={"contact": {"surname": "Doe"}}, headers=headers
                )
                assert answer.status_code == 200
                acknowledged.add()
        except httpx2.TransportError:
            return


def test_a_server_that_dies_leaves_no_core_file(server: RunningServer) -> None:
    limits = Path(f"/proc/{server.process.pid}/limits").read_text().splitlines()
    (limit,) = (line.split()[4:6] for line in limits if line.startswith("Max core file size"))
    assert limit == ["0", "0"]


async def count_customers(url: str) -> int:
    async with httpx2.AsyncClient(base_url=url) as client:
        answer = await client.get(CUSTOMERS, headers=await bearer(client))
        count: int = answer.json()["count"]
        return count


async def stop_amid(server: RunningServer, number: signal.Signals, told: Acknowledged) -> int:
    """End the server amid many requests, and return its exit code."""
    await told.are_many.wait()
    server.process.send_signal(number)
    return await asyncio.to_thread(server.process.wait, STOP_TIMEOUT_S)


@pytest.fixture(params=ENGINES)
def options(request: pytest.FixtureRequest) -> Iterator[tuple[str, ...]]:
    """Return the options of a sandbox that keeps its data on each engine in turn."""
    with keeping_on(request.param) as given:
        yield given


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_everything_accepted_is_answered_before_the_server_ends(
    tmp_path: Path, options: tuple[str, ...], number: signal.Signals
) -> None:
    told = Acknowledged()
    with running_sandbox(tmp_path, *options) as server:
        code, *_ = await asyncio.gather(
            stop_amid(server, number, told),
            *(register_until_refused(server.url, told) for _ in range(CLIENTS)),
        )
    assert code == 0
    with running_sandbox(tmp_path) as server:
        # What was kept was acknowledged: nobody was left without an answer.
        assert await count_customers(server.url) == told.count


def test_a_request_that_has_begun_may_end_while_the_server_ends() -> None:
    body = b'{"grant_type":"nothing"}'
    head = (
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    with running_sandbox() as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(head + body[:5])
            await_seen(server, connection)
            server.process.send_signal(signal.SIGTERM)
            await_refusal(server)
            connection.sendall(body[5:])
            response = http.client.HTTPResponse(connection)
            response.begin()
            assert (response.status, response.headers["connection"]) == (400, "close")
            assert b"unsupported_grant_type" in response.read()
        assert server.process.wait(STOP_TIMEOUT_S) == 0


def await_seen(server: RunningServer, _connection: socket.socket) -> None:
    """Return once the server has read what was sent before: another request is answered."""
    assert httpx2.get(f"{server.url}/healthz").status_code == 200


def await_refusal(server: RunningServer) -> None:
    """Return once the server takes no more connections."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=STOP_TIMEOUT_S).close()
        except ConnectionError:
            return
    raise AssertionError("the server still takes connections")


def test_an_answer_tells_the_date_and_not_the_software(server: RunningServer) -> None:
    headers = httpx2.get(f"{server.url}/healthz").headers
    assert "date" in headers
    assert "server" not in headers


def test_a_request_to_upgrade_is_answered_as_if_it_had_not_asked(server: RunningServer) -> None:
    # Java's HttpClient offers HTTP/2 this way with its first request; curl does with --http2.
    upgrade = {
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": "h2c",
        "HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA",
    }
    with httpx2.Client(base_url=server.url, timeout=5) as client:
        for _ in range(2):
            answer = client.post("/oauth/token", data=CREDENTIALS, headers=upgrade)
            assert answer.status_code == 200
            assert client.post("/oauth/token", data=CREDENTIALS).status_code == 200


def test_many_requests_to_upgrade_at_once_are_all_answered(server: RunningServer) -> None:
    body = b"grant_type=nothing"
    head = (
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall((head + body) * 500)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answers = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answers.endswith(b'{"status":"up"}')
    assert answers.count(b"unsupported_grant_type") == 500


def test_a_tunnel_is_refused(server: RunningServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"CONNECT example.org:80 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 400")


# --- draining -------------------------------------------------------------------------------------


def test_a_server_that_drains_serves_on_and_closes_each_connection_in_good_order() -> None:
    with (
        running_sandbox(LASTSCHRIFT_DRAIN_S="600") as server,
        httpx2.Client(base_url=server.url) as client,
    ):
        assert "connection" not in client.post("/oauth/token", data=CREDENTIALS).headers
        server.process.send_signal(signal.SIGTERM)
        until_not_ready(client)
        answer = client.post("/oauth/token", data=CREDENTIALS)
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        assert client.get(CUSTOMERS).headers["connection"] == "close"
        server.process.send_signal(signal.SIGINT)  # Who says it twice does not wait.
        assert server.process.wait(STOP_TIMEOUT_S) == 0


def until_not_ready(client: httpx2.Client) -> None:
    """Ask until proxies are told to go elsewhere."""
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while client.get("/readyz").status_code != 503:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_drained_server_ends() -> None:
    with running_sandbox(LASTSCHRIFT_DRAIN_S="1") as server:
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started >= 1
