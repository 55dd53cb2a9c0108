"""Several processes behind one address: who begins, who is replaced, and how all end.

What they do with the whole program, on PostgreSQL, is in tests/cli/test_workers.py.
"""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.serving import SOURCES
from tests.web import supervised

REPOSITORY = SOURCES.parent
CONNECTIONS = 32
WAIT_S = 15


@dataclass(frozen=True, slots=True)
class Supervised:
    """A server of two workers, its port and where its workers look when they begin."""

    process: subprocess.Popen[str]
    port: int
    directory: Path

    def pid(self) -> int:
        """Return who answers a new connection."""
        with closing(connection_to(self.port)) as connection:
            connection.request("GET", "/")
            return int(connection.getresponse().read())

    def workers(self) -> set[int]:
        """Return who has the parent for a parent."""
        parent = self.process.pid
        return set(map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split()))

    def line(self) -> str:
        """Return what the parent says next."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self, number: signal.Signals) -> int:
        """Send the parent a signal, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(WAIT_S)


def connection_to(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)


def begun(directory: Path) -> subprocess.Popen[str]:
    with errors_in(directory).open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", supervised.__name__, str(directory)],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": f"{SOURCES}:{REPOSITORY}"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )


def errors_in(directory: Path) -> Path:
    """Return where all processes write what went wrong."""
    return directory / "errors"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Supervised]:
    with begun(tmp_path) as process:
        assert process.stdout is not None
        yield Supervised(process, int(process.stdout.readline()), tmp_path)
        process.kill()


@contextmanager
def late_answer(server: Supervised) -> Iterator[http.client.HTTPResponse]:
    """Ask for what is answered whole only when the server is ending."""
    with closing(connection_to(server.port)) as connection:
        connection.request("GET", "/late")
        with connection.getresponse() as answer:
            yield answer


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_connections_are_dealt_out_to_all_workers(server: Supervised) -> None:
    assert {server.pid() for _ in range(CONNECTIONS)} == server.workers()


def test_a_dead_worker_is_replaced_and_its_connections_wait_for_the_next(
    server: Supervised,
) -> None:
    dead = server.pid()
    os.kill(dead, signal.SIGKILL)
    answering = {server.pid() for _ in range(CONNECTIONS)}
    assert server.line() == "-9 None"
    assert answering == server.workers()
    assert dead not in answering


def test_a_worker_that_hangs_says_where_and_is_replaced(server: Supervised) -> None:
    before = server.workers()
    with closing(connection_to(server.port)) as connection:
        connection.request("GET", "/hung")
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            connection.getresponse()
    assert server.line() == "1 None"
    wait_until(lambda: len(server.workers()) == 2)
    assert len(before & server.workers()) == 1
    assert "supervised.py" in errors_in(server.directory).read_text()


def test_a_replacement_that_can_not_begin_says_why_and_is_tried_again(server: Supervised) -> None:
    refusal = server.directory / supervised.REFUSES
    refusal.write_text("the database is refused")
    os.kill(server.pid(), signal.SIGKILL)
    assert server.line() == "-9 None"
    assert server.line() == "1 the database is refused"
    assert server.line() == "1 the database is refused"
    refusal.unlink()
    wait_until(lambda: {server.pid() for _ in range(CONNECTIONS)} == server.workers())


def test_a_worker_that_can_not_begin_ends_all_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / supervised.REFUSES).write_text("the database is refused")
    with begun(tmp_path) as process:
        said, _ = process.communicate(timeout=WAIT_S)
    assert said == "the database is refused\n"
    assert process.returncode == 3


def test_a_worker_that_dies_before_it_answers_ends_all(tmp_path: Path) -> None:
    (tmp_path / supervised.DIES).touch()
    with begun(tmp_path) as process:
        said, _ = process.communicate(timeout=WAIT_S)
    assert said == "a worker ended before it could answer\n"
    assert process.returncode == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_every_accepted_request_is_answered_before_the_end(
    server: Supervised, number: signal.Signals
) -> None:
    with ExitStack() as opened:
        answers = [opened.enter_context(late_answer(server)) for _ in range(8)]
        assert {answer.read(4) for answer in answers} == {b"late"}
        workers = server.workers()
        assert server.end(number) == 0
        assert {answer.read() for answer in answers} == {b" but whole"}
    assert all(map(is_gone, workers))


def test_the_end_may_be_asked_for_while_a_worker_is_waited_for(server: Supervised) -> None:
    (server.directory / supervised.DIES).touch()
    os.kill(server.pid(), signal.SIGKILL)
    assert server.line() == "-9 None"
    assert server.line() == "7 None"
    assert server.end(signal.SIGTERM) == 0


def test_no_worker_outlives_its_parent(server: Supervised) -> None:
    workers = server.workers()
    server.end(signal.SIGKILL)
    wait_until(lambda: all(map(is_gone, workers)))
