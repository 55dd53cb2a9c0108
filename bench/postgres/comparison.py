"""The turns: every server on a database of its own, then pgbench, round after round."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.contenders import CHECKOUT, Contender, conventional, lastschrift_of
from bench.figures import Sample
from bench.host import least_disturbed
from bench.postgres.pgbench import run_pgbench
from bench.rounds import TAKES_MAX, Run, Told, measure, turn
from bench.wires import Wire
from tests.postgres import PostgresServer

PGBENCH = "pgbench"


def contenders() -> list[Contender]:
    """Return the servers that are compared, in the order of their turns."""
    return [lastschrift_of(CHECKOUT, "lastschrift"), conventional()]


def compare(run: Run, server: PostgresServer, directory: Path, tell: Told) -> list[Sample]:
    """Return all samples.

    Raises: BenchFailed.
    """
    samples = []
    for wire in run.wires:
        for number in range(1, run.rounds + 1):
            for sample in _round(run, wire, server, directory, number):
                samples.append(sample)
                tell(sample)
    return samples


def _round(
    run: Run, wire: Wire, server: PostgresServer, directory: Path, number: int
) -> Iterator[Sample]:
    def measured(contender: Contender) -> Sample:
        with turn(contender, wire, directory, server.create_database()) as (started, answer):
            return measure(run, wire, started, answer, number, database=pid_of(server))

    for contender in run.contenders:
        yield least_disturbed(partial(measured, contender), TAKES_MAX)[0]
    run_one = partial(run_pgbench, server, seconds=run.seconds)
    (figures, count), _ = least_disturbed(run_one, TAKES_MAX)
    yield Sample(
        wire=wire.name,
        contender=PGBENCH,
        round_number=number,
        answered=count,
        cores_elsewhere=0,
        figures=figures,
    )


def pid_of(server: PostgresServer) -> int:
    """Return the process of a running server."""
    assert server.process is not None
    return server.process.pid


def speeds(samples: Sequence[Sample], wire: str, contender: str) -> list[float]:
    """Return a server's registrations/s, round by round."""
    return [
        sample.figures.registrations_per_s
        for sample in samples
        if sample.wire == wire and sample.contender == contender
    ]
