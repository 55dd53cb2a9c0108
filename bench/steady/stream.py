"""The load generator: requests on a schedule, over connections that are kept.

Each request is due at its own moment. It goes out then if a connection is free, else as soon as one
is; either way its latency counts from when it was due.
"""

import asyncio
import gc
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import uvloop

from bench.load import BenchFailed

CONNECTIONS = 64
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_END_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamResult:
    """How long each answer took from when its request was due, in seconds, sorted."""

    latencies_s: Sequence[float]
    duration_s: float

    def percentile_ms(self, percent: float) -> float:
        """Return the latency that so many of a hundred requests stayed under."""
        place = min(int(len(self.latencies_s) * percent / 100), len(self.latencies_s) - 1)
        return self.latencies_s[place] * 1e3


def due_times(rate: float, seconds: float) -> list[float]:
    """Return when each request is due, in seconds from the start: evenly spread.

    >>> due_times(4, 1)
    [0.0, 0.25, 0.5, 0.75]
    """
    return [number / rate for number in range(int(rate * seconds))]


def stream(
    port: int, requests: Iterator[bytes], *, rate: float, seconds: float, status_expected: int
) -> StreamResult:
    """Send requests at a fixed rate, and return how long their answers took.

    Raises: BenchFailed: an answer was not the expected one, or a connection broke.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_stream(port, requests, rate, seconds, status_expected))


async def _stream(
    port: int, requests: Iterator[bytes], rate: float, seconds: float, status_expected: int
) -> StreamResult:
    due = due_times(rate, seconds)
    ready = [next(requests) for _ in due]
    stage = _Stage(b"HTTP/1.1 %d" % status_expected, len(due))
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: _Connection(stage), "127.0.0.1", port)
        for _ in range(CONNECTIONS)
    ]
    gc.collect()
    gc.disable()  # A pause of the load's own would be told as the server's.
    try:
        return await _sent(stage, due, ready)
    finally:
        gc.enable()
        for transport, _ in opened:
            transport.abort()


async def _sent(stage: "_Stage", due: Sequence[float], requests: Sequence[bytes]) -> StreamResult:
    """Send each request when it is due, and wait for the last answer."""
    started = time.perf_counter()
    for moment, request in zip(due, requests, strict=True):
        wait = started + moment - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        stage.send(started + moment, request)
    async with asyncio.timeout(_END_S):
        await stage.done
    return StreamResult(
        latencies_s=sorted(stage.latencies), duration_s=time.perf_counter() - started
    )


class _Stage:
    """Who is free, who is due, and what was answered."""

    def __init__(self, status: bytes, wanted: int) -> None:
        self.status = status
        self.wanted = wanted
        self.latencies: list[float] = []
        self.free: deque[_Connection] = deque()
        self.waiting: deque[tuple[float, bytes]] = deque()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def send(self, due: float, request: bytes) -> None:
        """Send a request now, or as soon as a connection is free."""
        if self.free:
            self.free.popleft().send(due, request)  # in turns: one that rests too long is cut
        else:
            self.waiting.append((due, request))

    def answered(self, connection: "_Connection", due: float, head: bytes) -> None:
        """Note an answer, and give the connection the next request that waits."""
        if not head.startswith(self.status):
            self.fail(f"an answer was {head[:80]!r}")
        self.latencies.append(time.perf_counter() - due)
        if self.waiting:
            connection.send(*self.waiting.popleft())
        else:
            self.free.append(connection)
        if len(self.latencies) == self.wanted and not self.done.done():
            self.done.set_result(None)

    def fail(self, fact: str) -> None:
        """End the stream."""
        if not self.done.done():
            self.done.set_exception(BenchFailed(fact))


class _Connection(asyncio.Protocol):
    def __init__(self, stage: _Stage) -> None:
        self._stage = stage
        self._due = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._stage.free.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stage.fail(f"a connection broke ({exc})")

    def send(self, due: float, request: bytes) -> None:
        """Send a request that was due at a moment of `time.perf_counter`."""
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        head, end, body = received.partition(_HEAD_END)
        if not end or len(body) < _length(head):
            self._received = received
            return
        self._received = b""
        self._stage.answered(self, self._due, head)


def _length(head: bytes) -> int:
    """Return the body's length that a head tells."""
    _, found, rest = head.lower().partition(_LENGTH)
    return int(rest.split(b"\r\n", 1)[0]) if found else 0
