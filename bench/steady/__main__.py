"""The command: `python -m bench.steady`, which `make bench` runs."""

import operator
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from bench.account_numbers import german_ibans
from bench.client import Client
from bench.contenders import CHECKOUT, lastschrift_of
from bench.figures import Aim, Outcome
from bench.host import TRIES_MAX, least_disturbed
from bench.load import BenchFailed, Load, drive, find_wrk
from bench.machine import this_machine
from bench.pages import Page, Table, machine_lines, print_page, write_page
from bench.postgres.__main__ import SETTINGS
from bench.rounds import turn
from bench.steady.stream import StreamResult, stream
from bench.wires import CUSTOMER_GAP, IBAN_GAP, SECUCONNECT
from tests.postgres import PostgresServer, running_postgres

DOCUMENT = CHECKOUT / "docs" / "benchmarks-steady.md"
SHARE_OF_TOP = 0.5
TOP_ACCOUNT, STEADY_ACCOUNT = 3_000_000_000, 4_000_000_000

INTRODUCTION = """# Benchmarks under a steady stream

How long a registration (secuconnect) takes when registrations come at a fixed rate, half of the
highest that the same server had just reached, whether the server keeps up or not. This page is
written by `make bench`; don't edit it by hand.

A latency counts from the moment when the request was due, so a stall is felt by all who came
meanwhile. The load comes from one process on the same machine, over 64 kept connections
(`bench/steady/`). A pause of the machine is felt as one of the server's; so where a virtual
machine's host kept back more than a hundredth of the processors, it is measured again."""

HEADINGS = ("database", "top rate per second", "steady rate per second")
PERCENTILES = (50, 99, 99.9, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """An aim for a percentile, in milliseconds."""

    percent: float
    below_ms: float

    def outcome(self, result: StreamResult) -> Outcome:
        """Return what became of it."""
        aim = Aim(
            text=f"p{self.percent:g} from when a request was due, under",
            unit=" ms",
            holds=operator.lt,
            limit=self.below_ms,
            measure=lambda _: 0,
        )
        return Outcome(aim=aim, measured=result.percentile_ms(self.percent))


LIMITS = (Limit(percent=99, below_ms=10), Limit(percent=99.9, below_ms=50))


@click.command()
@click.option("--seconds", type=click.IntRange(1), default=20, show_default=True)
@click.option("--top-seconds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--customers", type=click.IntRange(1), default=2000, show_default=True)
@click.option("--write", "is_written", is_flag=True, help=f"Write docs/{DOCUMENT.name}.")
def main(*, seconds: int, top_seconds: int, customers: int, is_written: bool) -> None:
    """Measure latencies at half of the top rate, on both databases."""
    console = Console()
    try:
        find_wrk()
        with running_postgres(is_forgetful=False, **SETTINGS) as server:
            page = measured(server, seconds, top_seconds, customers)
    except BenchFailed as error:
        raise click.ClickException(str(error)) from None
    print_page(page, console)
    if is_written:
        write_page(page, DOCUMENT)


def measured(server: PostgresServer, seconds: int, top_seconds: int, customers: int) -> Page:
    """Run both databases, one after the other, and return their page.

    Raises: BenchFailed.
    """
    databases: Sequence[tuple[str, Callable[[], str]]] = (
        ("SQLite", lambda: ""),
        ("PostgreSQL", server.create_database),
    )
    tables, kept = [], []
    with tempfile.TemporaryDirectory(prefix="lastschrift-bench-") as name:
        machine = this_machine(Path(name))
        for title, make_database in databases:
            run_one = partial(run, Path(name), make_database, seconds, top_seconds, customers)
            (top, result), kept_back = least_disturbed(run_one)
            kept.append(f"{kept_back:.1%}")
            headings = [*HEADINGS, *(f"p{percent:g} ms" for percent in PERCENTILES)]
            rate = len(result.latencies_s) / seconds
            figures = [f"{result.percentile_ms(percent):.2f}" for percent in PERCENTILES]
            rows = [[title, f"{top:,.0f}", f"{rate:,.0f}", *figures]]
            tables.append(Table(title, headings, rows, [each.outcome(result) for each in LIMITS]))
    facts = machine_lines(machine, "make bench", f"{seconds} s each", [0.0])
    facts = [fact for fact in facts if "Cores busy" not in fact]
    facts.append(
        f"Kept back by a host meanwhile: {', '.join(kept)} (the best of {TRIES_MAX} at most)"
    )
    return Page(INTRODUCTION, facts, tables)


def run(
    directory: Path,
    make_database: Callable[[], str],
    seconds: int,
    top_seconds: int,
    customers: int,
) -> tuple[float, StreamResult]:
    """Find a server's top rate, then send half of it; return the rate, and what came back."""
    wire = SECUCONNECT
    with ExitStack() as stack:
        contender = lastschrift_of(CHECKOUT, "lastschrift")
        started, _ = stack.enter_context(turn(contender, wire, directory, make_database()))
        client = stack.enter_context(closing(Client(started.port)))
        payers = client.customers(customers)
        template = wire.request_template(started.port, client.token(wire.scope))
        top = drive(
            Load(
                request_template=template,
                customers=payers,
                status_expected=wire.status_expected,
                account_first=TOP_ACCOUNT,
            ),
            port=started.port,
            seconds=top_seconds,
        )
        rate = top.answered / top.duration_s
        result = stream(
            started.port,
            requests(template, payers),
            rate=rate * SHARE_OF_TOP,
            seconds=seconds,
            status_expected=wire.status_expected,
        )
    return rate, result


def requests(template: str, customers: Sequence[str]) -> Iterator[bytes]:
    """Yield requests, each with an account number of its own."""
    for number, iban in enumerate(german_ibans(STEADY_ACCOUNT)):
        customer = customers[number % len(customers)]
        yield template.replace(IBAN_GAP, iban).replace(CUSTOMER_GAP, customer).encode()


if __name__ == "__main__":
    main()
