"""A server as a process of its own: started, waited for, ended by its process id.

with running(conventional(), place) as server:
    print(server.port, server.start_s)
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.client import Client
from bench.contenders import CHECKOUT, Contender, Place
from bench.load import BenchFailed, last_line

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10
POLL_S = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that answers. `start_s` is from starting its program to its first 200."""

    contender: Contender
    pid: int
    port: int
    start_s: float


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(contender: Contender, place: Place) -> Iterator[Server]:
    """Start a server and give it once it answers; it is ended whatever happens inside.

    Its process group is its own, so that Ctrl-C reaches the benchmark only, which then ends it.
    Raises: BenchFailed if it ends or stays silent.
    """
    log_path = place.data.with_suffix(".log")
    with log_path.open("wb") as log:
        started_at = time.perf_counter()
        process = subprocess.Popen(
            contender.command(place),
            cwd=CHECKOUT,
            env=environment_of_server(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        try:
            await_ready(process, place.port)
        except BenchFailed as error:
            said = last_line(log_path.read_text(errors="replace"))
            raise BenchFailed(f"{contender.name} {error}: {said}") from None
        start_s = time.perf_counter() - started_at
        yield Server(contender=contender, pid=process.pid, port=place.port, start_s=start_s)
    finally:
        end(process)


def environment_of_server() -> dict[str, str]:
    """Return this process's environment without Lastschrift's own variables.

    A server finds its modules compiled, as an installed one does, even where Python is told to keep
    no bytecode; only the first that starts has to compile them.
    """
    return {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("LASTSCHRIFT_") and name != "PYTHONDONTWRITEBYTECODE"
    }


def await_ready(process: subprocess.Popen[bytes], port: int) -> None:
    """Return at the first 200.

    Raises: BenchFailed if the process ends before, or stays silent too long.
    """
    deadline = time.perf_counter() + START_TIMEOUT_S
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise BenchFailed(f"ended with {process.returncode}")
        if is_ready(port):
            return
        time.sleep(POLL_S)
    raise BenchFailed(f"did not answer within {START_TIMEOUT_S} s")


def is_ready(port: int) -> bool:
    """Tell whether GET /readyz answers 200 now."""
    client = Client(port)
    try:
        return client.ask("GET", "/readyz").status == 200
    except OSError:
        return False
    finally:
        client.close()


def end(process: subprocess.Popen[bytes]) -> None:
    """End the process: asked first, then killed."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
