"""The command: `python -m bench.lists`, which `make bench-lists` runs."""

import json
import operator
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click
from rich.console import Console
from rich.progress import Progress

from bench.client import Client, secuconnect_headers, succeeded
from bench.contenders import CHECKOUT, Place
from bench.figures import Aim, Outcome
from bench.lists.filling import Advance, fill_postgres, fill_sqlite, keys_of
from bench.lists.questions import Question, questions
from bench.load import BenchFailed
from bench.machine import this_machine
from bench.pages import Page, Table, machine_lines, print_page, write_page
from bench.postgres.__main__ import SETTINGS
from bench.servers import free_port
from bench.stored.__main__ import sandbox
from bench.wires import SECUCONNECT_SCOPE
from lastschrift.settings import Settings
from tests.postgres import PostgresServer, running_postgres

DOCUMENT = CHECKOUT / "docs" / "benchmarks-lists.md"
IBAN = "DE89370400440532013000"

INTRODUCTION = """# Benchmarks of lists

How long lists of secuconnect take with {customers:,} customers of one contract, each with an
account. Measured over HTTP, one request after the other, 20 objects a page. This page is written by
`make bench-lists`; don't edit it by hand. The first of each is the first after the server began; it
includes the first count of a list of more than 10,000. What has no index is bounded: after a second
it is refused."""

HEADINGS = ("list", "found", "first ms", "median ms", "slowest ms")

AIM = Aim(
    text="slowest median of what has an index, at most",
    unit=" ms",
    holds=operator.le,
    limit=50,
    measure=lambda _: 0,
)


@dataclass(frozen=True, slots=True)
class Engine:
    """A database engine, and how it is filled."""

    name: str
    make_database: Callable[[], str]
    fill: Callable[[Place, int, Advance], None]


@dataclass(frozen=True, slots=True)
class Timed:
    """What came of a question: how many were found, or what was refused, and each answer's time."""

    question: Question
    found: str
    times_ms: Sequence[float]


@click.command()
@click.option("--customers", type=click.IntRange(1), default=1_000_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=9, show_default=True)
@click.option("--write", "is_written", is_flag=True, help=f"Write docs/{DOCUMENT.name}.")
def main(*, customers: int, rounds: int, is_written: bool) -> None:
    """Measure lists and searches, on both databases."""
    console = Console()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="lastschrift-bench-") as name,
            running_postgres(is_forgetful=False, **SETTINGS) as server,
        ):
            tables = [
                measured(engine, Path(name), customers, rounds, console)
                for engine in engines(server)
            ]
            facts = machine_lines(
                this_machine(Path(name)), "make bench-lists", f"{rounds} times each", [0.0]
            )
    except BenchFailed as error:
        raise click.ClickException(str(error)) from None
    facts = [fact for fact in facts if "Cores busy" not in fact]
    page = Page(INTRODUCTION.format(customers=customers), facts, tables)
    print_page(page, console)
    if is_written:
        write_page(page, DOCUMENT)


def engines(server: PostgresServer) -> Sequence[Engine]:
    """Return both engines."""
    return (
        Engine(
            "SQLite",
            lambda: "",
            lambda place, customers, advance: fill_sqlite(
                place.data / "lastschrift.db", keys_of(settings_of(place)), customers, advance
            ),
        ),
        Engine(
            "PostgreSQL",
            server.create_database,
            lambda place, customers, advance: fill_postgres(
                place.database, keys_of(settings_of(place)), customers, advance
            ),
        ),
    )


def settings_of(place: Place) -> Settings:
    """Return what the sandbox of a place is served with."""
    database = {"LASTSCHRIFT_DATABASE": place.database} if place.database else {}
    return Settings.load(place.data, database)


def measured(
    engine: Engine, directory: Path, customers: int, rounds: int, console: Console
) -> Table:
    """Fill a sandbox, ask it everything, and return its table.

    Raises: BenchFailed.
    """
    place = Place(
        port=free_port(),
        data=directory / engine.name,
        recorded_answer=directory / "none",
        database=engine.make_database(),
    )
    with sandbox(place):
        pass
    with Progress(console=console) as progress:
        task = progress.add_task(f"{engine.name}: {customers:,} customers", total=customers)
        engine.fill(place, customers, lambda count: progress.advance(task, count))
    with sandbox(place) as server, closing(Client(server.port)) as client:
        return table(engine.name, asked(client, rounds))


def asked(client: Client, rounds: int) -> list[Timed]:
    """Ask everything, some rounds; in the first round each list is met for the first time."""
    headers = secuconnect_headers(client.token(SECUCONNECT_SCOPE))
    (customer,) = client.customers(1)
    body = json.dumps({"customer": customer, "private": {"iban": IBAN}})
    path = "/api/v2/Payment/Containers"
    succeeded("container", client.ask("POST", path, headers=headers, body=body))
    return [timed(client, headers, question, rounds) for question in questions(customer, IBAN)]


def timed(client: Client, headers: Mapping[str, str], question: Question, rounds: int) -> Timed:
    """Ask one question some times."""
    times_ms = []
    for _ in range(rounds):
        started = time.perf_counter()
        answer = client.ask("GET", question.target, headers=headers)
        times_ms.append((time.perf_counter() - started) * 1000)
    if answer.status == 200:
        return Timed(question, f"{int(answer.member('count')):,}", times_ms)
    if question.is_indexed:
        succeeded(question.name, answer)
    return Timed(question, f"refused ({answer.status})", times_ms)


def table(name: str, all_timed: Sequence[Timed]) -> Table:
    """Return an engine's table, and whether its aim was reached."""
    rows = [
        [
            timed.question.name + ("" if timed.question.is_indexed else " (no index)"),
            timed.found,
            f"{timed.times_ms[0]:.1f}",
            f"{median(timed.times_ms):.1f}",
            f"{max(timed.times_ms):.1f}",
        ]
        for timed in all_timed
    ]
    slowest = max(median(timed.times_ms) for timed in all_timed if timed.question.is_indexed)
    return Table(name, HEADINGS, rows, [Outcome(aim=AIM, measured=slowest)])


if __name__ == "__main__":
    main()
