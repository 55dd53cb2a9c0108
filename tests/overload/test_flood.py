"""A real flood on a real server, and a client beside it that measures what is let in.

The server has a core to itself, and its database with it; the flood and the client have the others.

By `make soak` it lasts five minutes (``LASTSCHRIFT_FLOOD_S``), and has to keep within bounds; in CI
it is a moment, on a machine that has other work, and what it measured is only told.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from subprocess import Popen
from typing import Any

import pytest

from bench.client import Client
from bench.host import await_quiet_host
from bench.processes import memory, stolen_seconds_of_machine
from bench.wires import SECUCONNECT, Wire
from tests.databases import ENGINES, keeping_on
from tests.overload.cores import cores_apart, moved, on_cores
from tests.overload.flood import Flooded, flooding
from tests.overload.rush import Answers, Asked, Outcome, rush
from tests.postgres import shared_postgres
from tests.promises import IS_SOAK, promise, rounds
from tests.serving import RunningServer, running_sandbox

TIMES = 5
TIMES_AIMED = 5.5
"""The machine's pace may have changed by the end: a tenth more than has to come."""

SECONDS = float(os.environ.get("LASTSCHRIFT_FLOOD_S", rounds(ci=1, soak=300)))
SECONDS_TOP = rounds(ci=1, soak=60)
SETTLE_S = rounds(ci=1, soak=10)
CONNECTIONS_TOP, CONNECTIONS = 32, rounds(ci=100, soak=1_000)
MEASURED_PER_S, MEASURING_CONNECTIONS = 200, 16
LATER_MAX = 2
UNANSWERED_MAX = 0.01
DRIFT_PERCENT_MAX = 5
ANSWERS_MIN = 2_000
"""A p99 of fewer is chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A flood, what was measured beside it, and the server's memory at its begin and end in MB.

    ``stolen_s``: how many seconds of its processors the machine did not get from its host.
    """

    flooded: Flooded
    measured: Outcome
    memory_begin_mb: float
    memory_end_mb: float
    stolen_s: float

    @property
    def drift_percent(self) -> float:
        """By how much memory grew while the flood was on."""
        return 100 * (self.memory_end_mb / self.memory_begin_mb - 1)

    @property
    def rate(self) -> float:
        """How many requests were answered in a second, while the host had nothing else to do."""
        return self.flooded.rate_undisturbed(self.measured)

    @property
    def stolen_percent(self) -> float:
        """Which part of the processors' time that was."""
        return 100 * self.stolen_s / (self.flooded.seconds * (os.cpu_count() or 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrations:
    """Where to register what; each load with account numbers of its own."""

    server: RunningServer
    wire: Wire
    template: str
    customers: list[str]

    @classmethod
    def at(cls, server: RunningServer, wire: Wire) -> "Registrations":
        """Get a token and make some customers."""
        with closing(Client(server.port)) as client:
            template = wire.request_template(server.port, client.token(wire.scope))
            return cls(
                server=server,
                wire=wire,
                template=template,
                customers=client.customers(rounds(ci=20, soak=500)),
            )

    def asked(
        self, number: int, *, rate: float, connections: int, settle_s: float, seconds: float
    ) -> Asked:
        """Return what one load asks for; no two have the same ``number``."""
        return Asked(
            port=self.server.port,
            template=self.template,
            customers=self.customers,
            account_first=number * 500_000_000,
            rate=rate,
            connections=connections,
            settle_s=settle_s,
            seconds=seconds,
        )


def phase(
    where: Registrations, number: int, *, rate: float, connections: int, seconds: float
) -> Phase:
    """Flood a server, measure beside it once it has settled, and look at its memory.

    At full length it begins when the machine's host has no other work.
    """
    if IS_SOAK:
        await_quiet_host()
    flood_s = SETTLE_S + seconds + 1
    flood = where.asked(number, rate=rate, connections=connections, settle_s=0, seconds=flood_s)
    measuring = where.asked(
        number + 1,
        rate=MEASURED_PER_S,
        connections=MEASURING_CONNECTIONS,
        settle_s=0,
        seconds=seconds,
    )
    pid = where.server.process.pid
    stolen_before_s = stolen_seconds_of_machine()
    with flooding(flood) as on:
        time.sleep(SETTLE_S)
        begin_mb = memory(pid).rss_mb
        measured = rush(measuring)
        end_mb = memory(pid).rss_mb
    return Phase(
        flooded=on.flooded,
        measured=measured,
        memory_begin_mb=begin_mb,
        memory_end_mb=end_mb,
        stolen_s=stolen_seconds_of_machine() - stolen_before_s,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A flood, and the most that can be served before it and after: the machine's pace may change.

    ``status``: what a registration that was let in is answered.
    """

    before: Phase
    over: Phase
    after: Phase
    status: int

    @property
    def top_rate(self) -> float:
        """The most that was served in a second."""
        return (self.before.rate + self.after.rate) / 2

    @property
    def times(self) -> float:
        """How many times the top rate was asked for."""
        return self.over.rate / self.top_rate

    @property
    def normal(self) -> Answers:
        """What was measured at the top rate."""
        before = self.before.measured.undisturbed(self.status)
        after = self.after.measured.undisturbed(self.status)
        return Answers(times_s=[*before.times_s, *after.times_s])

    @property
    def let_in(self) -> Answers:
        """What was measured of those that were let in while the flood was on."""
        return self.over.measured.undisturbed(self.status)

    @property
    def disturbed_percent(self) -> float:
        """Which part of what was let in is left out, as the machine's host had other work."""
        return 100 * (1 - self.let_in.count / self.over.measured.of(self.status).count)

    def __str__(self) -> str:
        flood, refused = self.over.flooded, self.over.measured.undisturbed(503)
        return (
            f"{flood.seconds:.0f} s at {self.times:.1f} times the top rate of "
            f"{self.top_rate:,.0f}/s: {flood.rate - flood.rate_refused:,.0f}/s let in with a p99 "
            f"of {self.let_in.percentile_ms(99):.1f} ms (at the top rate "
            f"{self.normal.percentile_ms(99):.1f} ms), {flood.rate_refused:,.0f}/s answered 503, "
            f"their p99 {refused.percentile_ms(99):.1f} ms; memory "
            f"{self.over.memory_begin_mb:.0f} MB {self.over.drift_percent:+.1f} %; the machine's "
            f"host kept {self.over.stolen_percent:.1f} % of its processors for others, and the "
            f"times leave out {self.disturbed_percent:.0f} % of the answers for that"
        )


@promise("sheds-load")
@pytest.mark.parametrize("engine", ENGINES if IS_SOAK else ENGINES[:1])
def test_five_times_the_top_rate_is_shed(engine: str, figure: Callable[[str], None]) -> None:
    wire = SECUCONNECT
    with (
        keeping_on(engine) as options,
        running_sandbox(None, *options) as server,
        apart_from_load(server.process, *databases(engine)),
    ):
        trial = trial_of(Registrations.at(server, wire))
    figure(f"{engine}: {trial}")
    over, refused = trial.over, trial.over.measured.of(503)
    assert over.measured.by_status.keys() <= {trial.status, 503}, str(trial)
    assert refused.with_retry_after == refused.count, str(trial)
    assert over.flooded.broken == over.measured.broken == 0, str(trial)
    if IS_SOAK:
        assert_within_bounds(trial)


def trial_of(where: Registrations) -> Trial:
    """Serve as much as can be, then flood the server, then serve again as much as can be."""

    def top(number: int) -> Phase:
        return phase(where, number, rate=0, connections=CONNECTIONS_TOP, seconds=SECONDS_TOP)

    before = top(1)
    over = phase(
        where,
        3,
        rate=TIMES_AIMED * before.rate,
        connections=CONNECTIONS,
        seconds=SECONDS,
    )
    return Trial(before=before, over=over, after=top(5), status=where.wire.status_expected)


def databases(engine: str) -> list[Popen[bytes]]:
    """Return the processes that a database is, beside the server's own."""
    process = shared_postgres().process if engine == "postgres" else None
    return [] if process is None else [process]


@contextmanager
def apart_from_load(*processes: Popen[Any]) -> Iterator[None]:
    """Let processes have a core, and all that is started until the block ends the others."""
    own, others = cores_apart()
    with ExitStack() as there:
        for process in processes:
            there.enter_context(moved(process.pid, own))
        there.enter_context(on_cores(others))
        yield


def assert_within_bounds(trial: Trial) -> None:
    assert trial.times >= TIMES, str(trial)
    assert trial.over.measured.unanswered <= UNANSWERED_MAX * SECONDS * MEASURED_PER_S, str(trial)
    assert min(trial.let_in.count, trial.normal.count) >= ANSWERS_MIN, str(trial)
    assert trial.let_in.percentile_ms(99) <= LATER_MAX * trial.normal.percentile_ms(99), str(trial)
    assert trial.over.drift_percent < DRIFT_PERCENT_MAX, str(trial)
