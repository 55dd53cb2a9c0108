"""Slow clients, as a process of their own, so that they take no time from who is measured.

    python -m tests.traffic.slow_clients PORT WAY COUNT PATIENCE_S

Each opens a connection and lets the server wait: it sends a head or a body byte by byte, or takes
the answers to its requests byte by byte. The process says ``ready`` when all are connected, and in
the end, as JSON, after how many seconds each was cut; who is not cut in time is left out.
"""

import json
import resource
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
TRICKLE_EVERY_S = 0.5
RECEIVE_BUFFER_BYTES = 4_096
"""As small as the system lets it be: little is taken that nobody reads."""

DESCRIPTORS_BESIDE = 100

POST = b"POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
GET = b"GET /openapi/ HTTP/1.1\r\nHost: a\r\n\r\n"
ANSWERS_ASKED_FOR = 4
"""Some are taken over by the system, and for the others the server has to wait."""


class Way(Enum):
    """How a client lets a server wait: what it sends at once, and then byte by byte."""

    SLOW_HEAD = (POST, b"X-Filling: " + b"x" * 10_000)
    SLOW_BODY = (POST + b"Content-Length: 10000\r\n\r\n", b"{" * 10_000)
    SLOW_READING = (GET * ANSWERS_ASKED_FOR, b"")

    @property
    def begins(self) -> bytes:
        """What is sent at once."""
        return self.value[0]

    @property
    def goes_on(self) -> bytes:
        """What is sent byte by byte; nothing if answers are read byte by byte."""
        return self.value[1]


class TooFewDescriptors(Exception):
    """The machine does not let a process have as many connections as are needed."""


def allow_connections(count: int) -> None:
    """Let this process, and what it starts, have so many connections.

    Raises: TooFewDescriptors.
    """
    needed = count + DESCRIPTORS_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise TooFewDescriptors(
            f"{count} connections need {needed} file descriptors, and {hard} are allowed: "
            f"set the hard limit (ulimit -Hn, LimitNOFILE=) to {needed} at least"
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


# --- from the test --------------------------------------------------------------------------------


@dataclass(slots=True)
class SlowClients:
    """Slow clients that have been let loose."""

    process: subprocess.Popen[str]
    count: int

    def seconds_until_cut(self) -> list[float]:
        """Wait for the end, and return after how long each was cut."""
        said, _ = self.process.communicate()
        seconds: list[float] = json.loads(said)
        return seconds


@contextmanager
def slow_clients(port: int, way: Way, count: int, *, patience_s: float) -> Iterator[SlowClients]:
    """Let slow clients loose on a server; in the end they are gone, whatever happened."""
    allow_connections(count)
    arguments = [str(port), way.name, str(count), str(patience_s)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.traffic.slow_clients", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield SlowClients(process, count)
    finally:
        process.kill()
        process.wait()


# --- the process ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Crowd:
    """Connections to a server that all dawdle in one way."""

    way: Way
    waiting: dict[int, tuple[socket.socket, float]] = field(default_factory=dict)
    seconds_until_cut: list[float] = field(default_factory=list)
    poll: select.poll = field(default_factory=select.poll)
    sent: int = 0

    def join(self, port: int) -> None:
        """Let one more connect, and say the beginning."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        connection.connect((HOST, port))
        connection.sendall(self.way.begins)
        if not self.way.goes_on:
            connection.recv(1)  # From here on it takes its time.
        connection.settimeout(0)
        self.waiting[connection.fileno()] = connection, time.monotonic()
        self.poll.register(connection, select.POLLRDHUP)

    def dawdle(self) -> None:
        """Let each send or take one byte more."""
        byte = self.way.goes_on[self.sent : self.sent + 1]
        self.sent += 1
        for connection, _ in self.waiting.values():
            with suppress(BlockingIOError, ConnectionError):
                if byte:
                    connection.send(byte)
                else:
                    connection.recv(1)

    def see_who_is_cut(self, wait_s: float) -> None:
        """Look for ends until the time has gone by."""
        until = time.monotonic() + wait_s
        while self.waiting and (left_s := until - time.monotonic()) > 0:
            for number, _ in self.poll.poll(left_s * 1000):
                connection, begun = self.waiting.pop(number)
                self.seconds_until_cut.append(time.monotonic() - begun)
                self.poll.unregister(number)
                connection.close()


def main(arguments: Sequence[str]) -> None:
    """Be slow clients."""
    port, way, count, patience_s = arguments
    allow_connections(int(count))
    crowd = Crowd(Way[way])
    for _ in range(int(count)):
        crowd.join(int(port))
    print("ready", flush=True)  # noqa: T201  # the test waits for it
    until = time.monotonic() + float(patience_s)
    while crowd.waiting and time.monotonic() < until:
        crowd.dawdle()
        crowd.see_who_is_cut(TRICKLE_EVERY_S)
    print(json.dumps(crowd.seconds_until_cut))  # noqa: T201  # the test reads it


if __name__ == "__main__":
    main(sys.argv[1:])
