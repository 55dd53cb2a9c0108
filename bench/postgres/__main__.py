"""The command: `python -m bench.postgres`, which `make bench` runs."""

import operator
import tempfile
from pathlib import Path

import click
from rich.console import Console

from bench.contenders import CHECKOUT
from bench.figures import (
    Aim,
    Figures,
    MediansByContender,
    Outcome,
    medians_by_contender,
    ratio,
)
from bench.load import BenchFailed, find_wrk
from bench.machine import this_machine
from bench.pages import Page, Table, machine_lines, print_page, write_page
from bench.postgres.comparison import PGBENCH, compare, contenders
from bench.rounds import Run
from bench.wires import WIRES
from tests.postgres import running_postgres

DOCUMENT = CHECKOUT / "docs" / "benchmarks-postgresql.md"
SETTINGS = {"autovacuum": "on", "shared_buffers": "512MB", "max_wal_size": "4GB"}

INTRODUCTION = """# Benchmarks on PostgreSQL

What the registration of a bank account costs with PostgreSQL behind it, everything on one machine.
This page is written by `make bench`; don't edit it by hand. The embedded database has
[a page of its own](benchmarks.md), which also says how the load is made.

- **lastschrift**: one process, its sandbox on an empty PostgreSQL database.
- **conventional**: the same job as most people would write it (`bench/conventional/`): FastAPI,
  pydantic and the SQLAlchemy ORM by asyncpg, 32 pooled connections, one process.
- **pgbench**: PostgreSQL's own program, 32 connections, prepared statements, one row to a
  transaction, into the same table with the same indexes; no HTTP, no audit entry, no debtor looked
  up, nothing encrypted.

PostgreSQL 18 with `fsync` and `synchronous_commit` on, 512 MB of shared buffers; each turn has a
fresh database. "PostgreSQL µs" is what its processes used for one registration."""

HEADINGS = (
    "server",
    "accounts per second",
    "times conventional",
    "times pgbench",
    "p50 ms",
    "p99 ms",
    "CPU µs per request",
    "PostgreSQL µs",
    "RSS MB",
)

AIMS = (
    Aim(
        text="registrations/s, times the conventional server's, at least",
        unit="x",
        holds=operator.ge,
        limit=20,
        measure=lambda medians: ratio(
            medians["lastschrift"].registrations_per_s,
            medians["conventional"].registrations_per_s,
        ),
    ),
    Aim(
        text="registrations/s, times pgbench's, at least",
        unit="x",
        holds=operator.ge,
        limit=0.8,
        measure=lambda medians: ratio(
            medians["lastschrift"].registrations_per_s, medians[PGBENCH].registrations_per_s
        ),
    ),
    Aim(
        text="p99 at 32 connections, under",
        unit=" ms",
        holds=operator.lt,
        limit=10,
        measure=lambda medians: medians["lastschrift"].p99_ms,
    ),
)


@click.command()
@click.option("--seconds", type=click.IntRange(1), default=4, show_default=True, help="Per turn.")
@click.option("--rounds", type=click.IntRange(1), default=9, show_default=True)
@click.option("--customers", type=click.IntRange(1), default=2000, show_default=True)
@click.option("--wire", type=click.Choice([*WIRES, "both"]), default="both", show_default=True)
@click.option("--write", "is_written", is_flag=True, help=f"Write docs/{DOCUMENT.name}.")
def main(*, seconds: int, rounds: int, customers: int, wire: str, is_written: bool) -> None:
    """Measure registrations on PostgreSQL beside the conventional server and pgbench."""
    console = Console()
    run = Run(
        contenders=contenders(),
        wires=list(WIRES.values()) if wire == "both" else [WIRES[wire]],
        rounds=rounds,
        seconds=seconds,
        customers=customers,
    )
    try:
        find_wrk()
        page = measured(run, console)
    except BenchFailed as error:
        raise click.ClickException(str(error)) from None
    print_page(page, console)
    if is_written:
        write_page(page, DOCUMENT)


def measured(run: Run, console: Console) -> Page:
    """Run all turns, and return their page.

    Raises: BenchFailed.
    """
    with (
        tempfile.TemporaryDirectory(prefix="lastschrift-bench-") as name,
        running_postgres(is_forgetful=False, **SETTINGS) as server,
    ):
        machine = this_machine(Path(name))
        samples = compare(
            run,
            server,
            Path(name),
            lambda sample: console.print(
                f"{sample.wire}, round {sample.round_number} of {run.rounds}, {sample.contender}: "
                f"{sample.figures.registrations_per_s:,.0f}/s",
                highlight=False,
            ),
        )
    turns = f"each server and wire {run.rounds} times for {run.seconds} s, in turns"
    tables = []
    for wire in run.wires:
        medians = medians_by_contender(samples, wire.name)
        rows = [cells(name, figures, medians) for name, figures in medians.items()]
        outcomes = [Outcome(aim=aim, measured=aim.measure(medians)) for aim in AIMS]
        tables.append(Table(wire.name, HEADINGS, rows, outcomes))
    noise = [sample.cores_elsewhere for sample in samples if sample.contender != PGBENCH]
    return Page(INTRODUCTION, machine_lines(machine, "make bench", turns, noise), tables)


def cells(name: str, figures: Figures, medians: MediansByContender) -> list[str]:
    """Return a server's cells, in the order of HEADINGS."""
    speed = figures.registrations_per_s
    return [
        name,
        f"{speed:,.0f}",
        f"{ratio(speed, medians['conventional'].registrations_per_s):.1f}",
        f"{ratio(speed, medians[PGBENCH].registrations_per_s):.2f}",
        f"{figures.p50_ms:.2f}",
        f"{figures.p99_ms:.2f}",
        f"{figures.cpu_us:,.0f}" if figures.cpu_us else "-",
        f"{figures.database_cpu_us:,.0f}" if figures.database_cpu_us else "-",
        f"{figures.rss_mb:.0f}" if figures.rss_mb else "-",
    ]


if __name__ == "__main__":
    main()
