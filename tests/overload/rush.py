"""A rush of registrations, as a process of its own: so many a second, whatever is answered.

    echo '{"port": 8080, "rate": 2000, …}' | python -m tests.overload.rush

Each request is due at its own moment, and its time counts from then, so that whoever is kept
waiting by a server (or by the lack of a connection, which an answer that is late holds) is felt.
Without a rate each connection asks again as soon as it is answered: the most that can be served.

A machine that is a guest may have to stand still while its host has other work. What was asked in
such a second tells of the host; the others can be had alone (`Outcome.undisturbed`).
"""

import asyncio
import gc
import math
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from itertools import count
from typing import cast

import msgspec
import uvloop

from bench.account_numbers import german_ibans
from bench.processes import stolen_seconds_of_machine
from bench.wires import CUSTOMER_GAP, IBAN_GAP

HOST = "127.0.0.1"
COMMAND = (sys.executable, "-m", "tests.overload.rush")
END_S = 30
_LAST_ANSWERS_S = 1.5
_STOLEN_MAX = 0.01
"""A second in which the host kept more of the processors for others is a disturbed one."""

_FRESH_EVERY = 50
"""So many answers a connection gets, then it is closed and another one opened."""


class Asked(msgspec.Struct, kw_only=True):
    """What is to be sent; times are counted from ``settle_s`` after the start on.

    ``rate`` 0: as much as is answered. ``account_first`` is the first account's number.
    """

    port: int
    template: str
    customers: list[str]
    account_first: int
    rate: float
    connections: int
    settle_s: float
    seconds: float


class Answers(msgspec.Struct):
    """Answers of one status: when each was due (from when it counts on) and how long it took.

    Both in seconds. ``with_retry_after``: how many said when to come back.
    """

    due_s: list[float] = []
    times_s: list[float] = []
    with_retry_after: int = 0

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self.times_s)

    def percentile_ms(self, percent: float) -> float:
        """Return what so many of a hundred stayed under."""
        if not self.times_s:
            return math.inf
        place = min(int(self.count * percent / 100), self.count - 1)
        return sorted(self.times_s)[place] * 1e3


class Outcome(msgspec.Struct):
    """What came back in ``seconds``; ``unanswered`` were due in them and not answered by then.

    ``stolen``: for each second, which part of the processors the machine's host kept for others;
    the first one began at ``begun_s`` since 1970.
    """

    seconds: float
    by_status: dict[int, Answers]
    unanswered: int
    broken: int
    stolen: list[float] = []
    begun_s: float = 0

    def of(self, status: int) -> Answers:
        """Return the answers of a status."""
        return self.by_status.get(status, Answers())

    def undisturbed(self, status: int) -> Answers:
        """Return those answers of a status in whose time the host kept next to nothing for others.

        Nor in the second before it, of which something may wait still.
        """
        answers = Answers()
        every = self.of(status)
        for due_s, took_s in zip(every.due_s, every.times_s, strict=True):
            if self._is_undisturbed(int(due_s) - 1, int(due_s + took_s)):
                answers.due_s.append(due_s)
                answers.times_s.append(took_s)
        return answers

    def is_undisturbed_in(self, second: int) -> bool:
        """Whether all this was on in a second since 1970, and the host had nothing else to do."""
        first = int(second - self.begun_s)
        is_within = self.begun_s <= second < self.begun_s + len(self.stolen) - 1
        return is_within and self._is_undisturbed(first - 1, first + 1)

    def _is_undisturbed(self, first: int, last: int) -> bool:
        return all(part <= _STOLEN_MAX for part in self.stolen[max(first, 0) : last + 1])

    def rate(self, status: int) -> float:
        """Return how many answers of a status there were in a second."""
        return self.of(status).count / self.seconds


def rush(asked: Asked) -> Outcome:
    """Send it from another process, and return what came back."""
    ran = subprocess.run(
        COMMAND,
        input=msgspec.json.encode(asked),
        stdout=subprocess.PIPE,
        timeout=asked.settle_s + asked.seconds + 2 * END_S,
        check=True,
    )
    return msgspec.json.decode(ran.stdout, type=Outcome)


class _Crowd:
    """Who is free to ask, what is due, and what was answered."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.loop = asyncio.get_running_loop()
        self.free: deque[_Connection] = deque()
        self.due: deque[float] = deque()
        self.outcome = Outcome(asked.seconds, {}, 0, 0, begun_s=time.time() + asked.settle_s)
        self.counted_from_s = time.perf_counter() + asked.settle_s
        self.until_s = self.counted_from_s + asked.seconds
        head, _, body = asked.template.partition("\r\n\r\n")
        self._head = head.encode() + b"\r\n\r\n"
        self._body = body
        self._ibans = german_ibans(asked.account_first)
        self._numbers = count()

    def request(self) -> bytes:
        """Return a request with an account of its own."""
        customers = self.asked.customers
        customer = customers[next(self._numbers) % len(customers)]
        body = self._body.replace(IBAN_GAP, next(self._ibans)).replace(CUSTOMER_GAP, customer)
        return self._head + body.encode()

    async def open(self) -> None:
        """Open a connection, which asks as soon as it is open."""
        _, connection = await self.loop.create_connection(
            lambda: _Connection(self), HOST, self.asked.port
        )
        self.go_on(connection)

    def open_another(self) -> None:
        """Open a connection in place of one that is gone."""
        if time.perf_counter() < self.until_s:
            self.opening = self.loop.create_task(self.open())

    def go_on(self, connection: "_Connection") -> None:
        """Let a connection ask what is due longest, or wait."""
        now_s = time.perf_counter()
        if not self.asked.rate:
            if now_s < self.until_s:
                connection.ask(now_s, self.request())
        elif self.due:
            connection.ask(self.due.popleft(), self.request())
        else:
            self.free.append(connection)

    def answered(self, due_s: float, status: int, *, has_retry_after: bool) -> None:
        """Take note of an answer to what was due in the time that counts."""
        if self.counted_from_s <= due_s < self.until_s:
            answers = self.outcome.by_status.setdefault(status, Answers())
            answers.due_s.append(due_s - self.counted_from_s)
            answers.times_s.append(time.perf_counter() - due_s)
            answers.with_retry_after += has_retry_after

    async def run(self) -> Outcome:
        """Send all, and wait a little for the last answers."""
        watching = self.loop.create_task(self._watch_host())
        for _ in range(self.asked.connections):
            await self.open()
        if self.asked.rate:
            await self._send_what_is_due()
        await asyncio.sleep(max(0, self.until_s - time.perf_counter()))
        await asyncio.sleep(_LAST_ANSWERS_S)
        watching.cancel()
        answered = sum(answers.count for answers in self.outcome.by_status.values())
        self.outcome.unanswered = max(0, int(self.asked.rate * self.asked.seconds) - answered)
        return self.outcome

    async def _watch_host(self) -> None:
        """Take note, second by second, of what the host keeps for others."""
        await asyncio.sleep(self.counted_from_s - time.perf_counter())
        stolen_s, told = stolen_seconds_of_machine(), self.outcome.stolen
        while True:
            await asyncio.sleep(self.counted_from_s + len(told) + 1 - time.perf_counter())
            before_s, stolen_s = stolen_s, stolen_seconds_of_machine()
            seconds = max(int(time.perf_counter() - self.counted_from_s) - len(told), 1)
            part = (stolen_s - before_s) / (seconds * (os.cpu_count() or 1))
            told += [part] * seconds

    async def _send_what_is_due(self) -> None:
        pause_s = 1 / self.asked.rate
        due_s = time.perf_counter()
        while due_s < self.until_s:
            due_s += pause_s
            wait_s = due_s - time.perf_counter()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            if self.free:
                self.free.popleft().ask(due_s, self.request())
            else:
                self.due.append(due_s)


class _Connection(asyncio.Protocol):
    def __init__(self, crowd: _Crowd) -> None:
        self._crowd = crowd
        self._due_s = 0.0
        self._received = b""
        self._answers = 0
        self._is_left = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_left:
            self._crowd.outcome.broken += 1
            self._crowd.open_another()

    def ask(self, due_s: float, request: bytes) -> None:
        """Send what was due at a moment of `time.perf_counter`."""
        self._due_s = due_s
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        head, end, body = received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            self._received = received
            return
        self._received = b""
        self._answers += 1
        has_retry_after = b"\r\nretry-after: " in head
        self._crowd.answered(self._due_s, int(head[9:12]), has_retry_after=has_retry_after)
        if self._answers % _FRESH_EVERY:
            self._crowd.go_on(self)
        else:
            self._is_left = True
            self._transport.close()
            self._crowd.open_another()


def _length(head: bytes) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length: ")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def main(arguments: Sequence[str]) -> None:
    """Read what is asked for, and write what came of it."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    gc.disable()  # A pause of the rush's own would be told as the server's.

    async def run() -> Outcome:
        return await _Crowd(asked).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.json.encode(runner.run(run())))


if __name__ == "__main__":
    main(sys.argv[1:])
