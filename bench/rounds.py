"""One run: every server in turn, round after round, each time fresh.

In one turn a server is started on an empty directory, gets its customers, registers one pilot
account, is warmed up, and is then measured. Afterwards its own list must hold every registration
that it acknowledged, and none that nobody sent.
"""

import resource
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.bare.app import write_answer
from bench.client import Client
from bench.contenders import Contender, Place
from bench.figures import Figures, Sample
from bench.host import least_disturbed
from bench.load import CONNECTIONS, BenchFailed, Load, LoadResult, drive
from bench.processes import cpu_seconds, cpu_seconds_of_machine, memory
from bench.servers import Server, free_port, running
from bench.wires import SAMPLE_CUSTOMER, SAMPLE_IBAN, Wire

WARM_UP_S = 1
# First account numbers of the two loads, far enough apart that no number comes twice.
WARM_UP_ACCOUNT = 1_000_000_000
MEASURED_ACCOUNT = 2_000_000_000
NO_TOKEN = "0" * 26

TAKES_MAX = 3
"""So often a turn is taken, if the machine's host began other work in it each time."""

Told = Callable[[Sample], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is to be measured, and how long; a quick run takes the machine as it is."""

    contenders: Sequence[Contender]
    wires: Sequence[Wire]
    rounds: int
    seconds: int
    customers: int
    is_quick: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """Who registers: the token, and the customers that the accounts are spread over."""

    token: str
    customers: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Processor time in seconds: the server's, the load's (ended child processes), all there is."""

    server_s: float
    load_s: float
    machine_s: float

    @classmethod
    def read(cls, server: int) -> "Clocks":
        """Return the clocks as they stand; `server` is the server's process id."""
        load = resource.getrusage(resource.RUSAGE_CHILDREN)
        return cls(
            server_s=cpu_seconds(server),
            load_s=load.ru_utime + load.ru_stime,
            machine_s=cpu_seconds_of_machine(),
        )

    def since(self, before: "Clocks") -> "Clocks":
        """Return what has been used since `before`."""
        return Clocks(
            server_s=self.server_s - before.server_s,
            load_s=self.load_s - before.load_s,
            machine_s=self.machine_s - before.machine_s,
        )

    @property
    def elsewhere_s(self) -> float:
        """What neither the server nor the load has used."""
        return max(0.0, self.machine_s - self.server_s - self.load_s)


def measure_all(run: Run, directory: Path, tell: Told) -> list[Sample]:
    """Return all samples; `tell` hears of each as it comes.

    Raises: BenchFailed if anything makes the figures worthless.
    """
    samples = []
    for wire in run.wires:
        for round_number in range(1, run.rounds + 1):
            for contender in run.contenders:
                take_turn = partial(_measured, run, contender, wire, directory, round_number)
                sample = take_turn() if run.is_quick else least_disturbed(take_turn, TAKES_MAX)[0]
                samples.append(sample)
                tell(sample)
    return samples


def _measured(
    run: Run, contender: Contender, wire: Wire, directory: Path, round_number: int
) -> Sample:
    with turn(contender, wire, directory) as (server, recorded_answer):
        return measure(run, wire, server, recorded_answer, round_number)


@contextmanager
def turn(
    contender: Contender, wire: Wire, directory: Path, database: str = ""
) -> Iterator[tuple[Server, Path]]:
    """Give the contender's server on a fresh directory, and the file of the wire's answer."""
    recorded_answer = directory / f"{wire.name}.http"
    if not contender.does_the_job and not recorded_answer.exists():
        raise BenchFailed(f"{contender.name} repeats another server's answer: run one before it")
    with tempfile.TemporaryDirectory(dir=directory) as name:
        place = Place(
            port=free_port(),
            data=Path(name) / "data",
            recorded_answer=recorded_answer,
            database=database,
        )
        with running(contender, place) as server:
            yield server, recorded_answer


def measure(
    run: Run,
    wire: Wire,
    server: Server,
    recorded_answer: Path,
    round_number: int,
    *,
    database: int | None = None,
) -> Sample:
    """Return the figures of one server in one round.

    ``database``: the process of the database server, whose processor time is told apart.
    """
    contender = server.contender
    senders = Senders(token=NO_TOKEN, customers=[SAMPLE_CUSTOMER])
    if contender.does_the_job:
        senders = prepare(run, wire, server.port, recorded_answer)
    warm_up = load(wire, server.port, senders, WARM_UP_ACCOUNT, WARM_UP_S)
    before = Clocks.read(server.pid)
    database_before_s = cpu_seconds(database) if database else 0.0
    result = load(wire, server.port, senders, MEASURED_ACCOUNT, run.seconds)
    used = Clocks.read(server.pid).since(before)
    database_s = cpu_seconds(database) - database_before_s if database else 0.0
    memory_used = memory(server.pid)
    if contender.does_the_job:
        with closing(Client(server.port)) as client:
            kept = client.account_count()
        check_kept(contender.name, kept, acknowledged=1 + warm_up.answered + result.answered)
    return Sample(
        wire=wire.name,
        contender=contender.name,
        round_number=round_number,
        answered=result.answered,
        cores_elsewhere=max(0.0, used.elsewhere_s - database_s) / result.duration_s,
        figures=Figures(
            registrations_per_s=result.answered / result.duration_s,
            p50_ms=result.p50_ms,
            p99_ms=result.p99_ms,
            cpu_us=used.server_s / result.answered * 1e6,
            rss_mb=memory_used.rss_mb,
            pss_mb=memory_used.pss_mb,
            start_s=server.start_s,
            database_cpu_us=database_s / result.answered * 1e6,
        ),
    )


def prepare(run: Run, wire: Wire, port: int, recorded_answer: Path) -> Senders:
    """Make the customers, register the pilot account, and keep its answer for the bare server.

    Raises: BenchFailed if one of them is refused.
    """
    with closing(Client(port)) as client:
        customers = client.customers(run.customers if wire.names_a_customer else 1)
        token = client.token(wire.scope)
        body = wire.fill(SAMPLE_IBAN, customers[0])
        answer = client.ask("POST", wire.path, headers=wire.headers(token), body=body)
    if answer.status != wire.status_expected:
        raise BenchFailed(f"the pilot got {answer.status}: {answer.body[:300]!r}")
    if not recorded_answer.exists():
        write_answer(recorded_answer, answer.status, answer.headers, answer.body)
    return Senders(token=token, customers=customers)


def load(wire: Wire, port: int, senders: Senders, account_first: int, seconds: int) -> LoadResult:
    """Drive the wire's registration and return what came back."""
    return drive(
        Load(
            request_template=wire.request_template(port, senders.token),
            customers=senders.customers,
            status_expected=wire.status_expected,
            account_first=account_first,
        ),
        port=port,
        seconds=seconds,
    )


def check_kept(name: str, kept: int, *, acknowledged: int) -> None:
    """Compare how many registrations a server lists with how many it acknowledged.

    At the end of each of the two loads a request per connection may be kept but unanswered.
    Raises: BenchFailed if registrations were lost, or made up.
    """
    if not acknowledged <= kept <= acknowledged + 2 * CONNECTIONS:
        raise BenchFailed(f"{name} acknowledged {acknowledged} registrations and lists {kept}")
