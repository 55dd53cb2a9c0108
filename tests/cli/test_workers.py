"""Several workers behind one address: one server to its clients, and to who looks after it."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.cli.installations import lent_production, told_json
from tests.serving import RunningServer, run, running

WORKERS = 2
WAIT_S = 15
_COUNTED = re.compile(r'lastschrift_requests_total\{route="/oauth/token",status="200"\} (\d+)')


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with lent_production("postgres", tmp_path_factory.mktemp("workers") / "a") as directory:
        yield directory


@pytest.fixture
def server(production: Path, tmp_path: Path) -> Iterator[RunningServer]:
    """Lend a server; what it leaves behind if it is killed goes with the test's directory."""
    variables = {"TMPDIR": str(tmp_path)}
    with running("serve", production, ["--workers", str(WORKERS)], variables) as started:
        yield started


@pytest.fixture(scope="module")
def credentials(production: Path) -> dict[str, str]:
    contract = told_json(production, "contract", "create", "Stadtwerke Beispiel")["id"]
    made = told_json(production, "client", "create", "--contract", contract, "--name", "Shop")
    return {name: made[name] for name in ("client_id", "client_secret")}


def ask_token(server: RunningServer, credentials: dict[str, str]) -> str:
    """Return a token, asked for on a connection of its own, so by whichever worker gets it."""
    asked = {"grant_type": "client_credentials", **credentials}
    answer = httpx2.post(f"{server.url}/oauth/token", data=asked).raise_for_status()
    token: str = answer.json()["access_token"]
    return token


def workers_of(server: RunningServer) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


def tokens_counted(server: RunningServer) -> int:
    found = _COUNTED.search(httpx2.get(f"{server.url}/metrics").text)
    return int(found[1]) if found else 0


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_a_token_of_one_worker_is_good_for_all(
    server: RunningServer, credentials: dict[str, str]
) -> None:
    assert len(workers_of(server)) == WORKERS
    assert len(list(Path(f"/proc/{server.process.pid}/task").iterdir())) == 1  # so it may fork
    for _ in range(5):
        token = {"Authorization": f"Bearer {ask_token(server, credentials)}"}
        for _ in range(5):  # each on a connection of its own
            answer = httpx2.get(f"{server.url}/api/v2/Payment/Customers", headers=token)
            assert answer.status_code == 200


def test_the_figures_are_those_of_all_workers(
    server: RunningServer, credentials: dict[str, str]
) -> None:
    for _ in range(20):
        ask_token(server, credentials)
    wait_until(lambda: tokens_counted(server) == 20)
    assert "process_cpu_seconds_total" not in httpx2.get(f"{server.url}/metrics").text


def test_a_worker_that_dies_is_replaced_and_its_figures_stay(
    server: RunningServer, credentials: dict[str, str]
) -> None:
    for _ in range(10):
        ask_token(server, credentials)
    wait_until(lambda: tokens_counted(server) == 10)
    killed = workers_of(server)[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(set(workers_of(server)) - {killed}) == WORKERS)
    for _ in range(10):
        ask_token(server, credentials)
    wait_until(lambda: tokens_counted(server) == 20)
    assert '"worker replaced"' in server.log.read_text()


def test_all_end_with_the_server(server: RunningServer) -> None:
    workers = workers_of(server)
    assert server.stop() == 0
    assert all(map(is_gone, workers))
    assert '"level":"error"' not in server.log.read_text()


def test_no_worker_outlives_a_server_that_was_killed(server: RunningServer) -> None:
    workers = workers_of(server)
    server.kill()
    wait_until(lambda: all(map(is_gone, workers)))


def test_a_worker_that_can_not_begin_ends_the_server_with_its_reason(
    production: Path, tmp_path: Path
) -> None:
    missing = str(tmp_path / "no.key")
    arguments = ("serve", "--port", "0", "--workers", "2", "--data", str(production))
    ended = run(*arguments, LASTSCHRIFT_MASTER_KEY_FILE=missing)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert missing in ended.stderr


def test_sqlite_takes_one_worker(tmp_path: Path) -> None:
    with lent_production("sqlite", tmp_path / "a") as directory:
        ended = run("serve", "--port", "0", "--workers", "2", "--data", str(directory))
    assert ended.returncode == 1
    assert "need PostgreSQL" in ended.stderr
    assert ended.stderr.count("\n") == 1
