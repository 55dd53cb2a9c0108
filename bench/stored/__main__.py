"""The command: `python -m bench.stored`, which `make bench-stored` runs."""

import operator
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click
from rich.console import Console
from rich.progress import Progress

from bench.client import Client
from bench.contenders import CHECKOUT, Place, lastschrift_of
from bench.figures import Aim, Outcome, ratio
from bench.load import BenchFailed, Load, LoadResult, drive, find_wrk
from bench.machine import this_machine
from bench.pages import Page, Table, machine_lines, print_page, write_page
from bench.postgres.__main__ import SETTINGS
from bench.servers import Server, free_port, running
from bench.stored.filling import Advance, fill_postgres, fill_sqlite
from bench.wires import SECUCONNECT
from tests.postgres import PostgresServer, running_postgres

DOCUMENT = CHECKOUT / "docs" / "benchmarks-stored.md"
BYTES_PER_ACCOUNT = 1_200
"""Room that an account needs while it is stored, in both databases together, logs included."""

INTRODUCTION = """# Benchmarks with millions of accounts stored

How fast registrations (secuconnect, 32 connections) are with {accounts:,} accounts stored already,
and with none, in turns on one machine. This page is written by `make bench-stored`; don't edit it
by hand. The stored accounts are made up but of real shape, ten to a debtor, each with its audit
entry; new ones are for 2,000 new customers."""

HEADINGS = ("database", "accounts stored", "accounts per second", "p50 ms", "p99 ms")

AIM = Aim(
    text="registrations/s, times those of the empty database, at least",
    unit="x",
    holds=operator.ge,
    limit=0.8,
    measure=lambda _: 0,
)


@dataclass(frozen=True, slots=True)
class Run:
    """How many accounts are stored, and how long and how often each database is tried."""

    accounts: int
    seconds: int
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A database engine: how a sandbox finds it, and how it is filled and weighed."""

    name: str
    make_database: Callable[[], str]
    fill: Callable[[Place, int, Advance], None]
    size_bytes: Callable[[Place], int]
    index_bytes: Callable[[Place], int] | None = None


@click.command()
@click.option("--accounts", type=click.IntRange(1), default=10_000_000, show_default=True)
@click.option("--seconds", type=click.IntRange(1), default=4, show_default=True, help="Per turn.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--write", "is_written", is_flag=True, help=f"Write docs/{DOCUMENT.name}.")
def main(*, accounts: int, seconds: int, rounds: int, is_written: bool) -> None:
    """Measure registrations with many accounts stored, on both databases."""
    console = Console()
    try:
        find_wrk()
        with (
            tempfile.TemporaryDirectory(prefix="lastschrift-bench-") as name,
            running_postgres(is_forgetful=False, **SETTINGS) as server,
        ):
            require_room(Path(name), accounts)
            page = measured(Path(name), server, Run(accounts, seconds, rounds), console)
    except BenchFailed as error:
        raise click.ClickException(str(error)) from None
    print_page(page, console)
    if is_written:
        write_page(page, DOCUMENT)


def require_room(directory: Path, accounts: int) -> None:
    """Let pass where the disk has room.

    Raises: BenchFailed.
    """
    free, needed = shutil.disk_usage(directory).free, accounts * BYTES_PER_ACCOUNT
    if free < needed:
        raise BenchFailed(
            f"{needed / 1e9:.0f} GB are needed at {directory.parent}, {free / 1e9:.0f} are free: "
            "name another place by TMPDIR, or fewer --accounts"
        )


def measured(directory: Path, server: PostgresServer, run: Run, console: Console) -> Page:
    """Fill and run both databases, and return their page.

    Raises: BenchFailed.
    """
    accounts = run.accounts
    machine = this_machine(directory)
    tables = []
    for engine in engines(server):
        full, empty = places(directory, engine)
        took_s = filled(engine, full, accounts, console)
        size = engine.size_bytes(full)
        index = engine.index_bytes(full) if engine.index_bytes else 0
        results = in_turns(full, empty, run, console)
        note = (
            f"{size / accounts:,.0f} bytes an account on disk, indexes and audit entry included; "
            + (
                f"{index / accounts:,.0f} bytes of it in the index that finds duplicates; "
                * bool(index)
            )
            + f"stored in {took_s:,.0f} s"
        )
        tables.append(table(engine, accounts, results, note))
    turns = f"{run.rounds} times for {run.seconds} s each, in turns"
    facts = machine_lines(machine, "make bench-stored", turns, [0.0])
    introduction = INTRODUCTION.format(accounts=accounts)
    return Page(introduction, [fact for fact in facts if "Cores busy" not in fact], tables)


def engines(server: PostgresServer) -> Sequence[Engine]:
    """Return both engines."""
    return (
        Engine(
            name="SQLite",
            make_database=lambda: "",
            fill=lambda place, accounts, advance: fill_sqlite(
                place.data / "lastschrift.db", accounts, advance
            ),
            size_bytes=lambda place: (place.data / "lastschrift.db").stat().st_size,
        ),
        Engine(
            name="PostgreSQL",
            make_database=server.create_database,
            fill=lambda place, accounts, advance: fill_postgres(place.database, accounts, advance),
            size_bytes=lambda place: server.execute(
                "SELECT pg_database_size(current_database())", place.database.rpartition("/")[2]
            )[0][0],
            index_bytes=lambda place: server.execute(
                "SELECT pg_relation_size('bank_account_once')", place.database.rpartition("/")[2]
            )[0][0],
        ),
    )


def places(directory: Path, engine: Engine) -> tuple[Place, Place]:
    """Make two sandboxes, one to be filled, and one to stay empty."""
    made = []
    for kind in ("full", "empty"):
        place = Place(
            port=free_port(),
            data=directory / f"{engine.name}-{kind}",
            recorded_answer=directory / "none",
            database=engine.make_database(),
        )
        with sandbox(place):
            made.append(place)
    return made[0], made[1]


@contextmanager
def sandbox(place: Place) -> Iterator[Server]:
    """Run the sandbox of a place."""
    with running(lastschrift_of(CHECKOUT, "lastschrift"), place) as server:
        yield server


def filled(engine: Engine, place: Place, accounts: int, console: Console) -> float:
    """Fill a database, and return how many seconds it took."""
    started = time.perf_counter()
    with Progress(console=console) as progress:
        task = progress.add_task(f"{engine.name}: storing {accounts:,} accounts", total=accounts)
        engine.fill(place, accounts, lambda count: progress.advance(task, count))
    return time.perf_counter() - started


def in_turns(full: Place, empty: Place, run: Run, console: Console) -> dict[bool, list[LoadResult]]:
    """Return the results with accounts stored (True) and without, round by round."""
    results: dict[bool, list[LoadResult]] = {True: [], False: []}
    for number in range(run.rounds):
        for is_full, place in ((True, full), (False, empty)):
            result = register(place, run.seconds, number)
            results[is_full].append(result)
            kind = "full" if is_full else "empty"
            speed = result.answered / result.duration_s
            console.print(f"round {number + 1} of {run.rounds}, {kind}: {speed:,.0f}/s")
    return results


def register(place: Place, seconds: int, number: int) -> LoadResult:
    """Register accounts for new customers, after a second of warming up."""
    wire = SECUCONNECT
    with sandbox(place) as server, closing(Client(server.port)) as client:
        customers = client.customers(2000)
        template = wire.request_template(server.port, client.token(wire.scope))
        for duration, first in ((1, 5_000_000_000), (seconds, 6_000_000_000)):
            result = drive(
                Load(
                    request_template=template,
                    customers=customers,
                    status_expected=wire.status_expected,
                    account_first=first + number * 100_000_000,
                ),
                port=server.port,
                seconds=duration,
            )
    return result


def table(engine: Engine, accounts: int, results: dict[bool, list[LoadResult]], note: str) -> Table:
    """Return an engine's table, and whether its aim was reached."""
    rows = []
    for is_full, of_kind in results.items():
        stored = f"{accounts:,}" if is_full else "0"
        cells = (
            f"{median(speeds(of_kind)):,.0f}",
            f"{median(result.p50_ms for result in of_kind):.2f}",
            f"{median(result.p99_ms for result in of_kind):.2f}",
        )
        rows.append([engine.name, stored, *cells])
    pairs = zip(speeds(results[True]), speeds(results[False]), strict=True)
    outcome = Outcome(aim=AIM, measured=median(ratio(full, empty) for full, empty in pairs))
    return Table(engine.name, HEADINGS, rows, [outcome], [note])


def speeds(results: Sequence[LoadResult]) -> list[float]:
    """Return registrations/s."""
    return [result.answered / result.duration_s for result in results]


if __name__ == "__main__":
    main()
