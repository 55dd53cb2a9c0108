"""The report: a table for the terminal, and the same table for docs/benchmarks.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.figures import Figures, MediansByContender, Outcome, ratio
from bench.host import WAIT_S_MAX
from bench.machine import Machine
from bench.rounds import TAKES_MAX

HEADINGS = (
    "server",
    "accounts per second",
    "speed ratio",
    "p50 ms",
    "p99 ms",
    "CPU µs per request",
    "CPU ratio",
    "RSS MB",
    "PSS MB",
    "start s",
)

# Above it, other programs disturb the figures; the kernel's own work stays below.
CORES_ELSEWHERE_MAX = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run's results, ready to be told; `base_speed` and `base_cpu` name the ratios' bases."""

    day: date
    machine: Machine
    command: str
    rounds: int
    seconds: int
    customers: int
    cores_elsewhere: Sequence[float]
    base_speed: str
    base_cpu: str
    medians_by_wire: Mapping[str, MediansByContender]
    outcomes_by_wire: Mapping[str, Sequence[Outcome]]


def row(name: str, figures: Figures, base_speed: Figures, base_cpu: Figures) -> list[str]:
    """Return a server's cells, in the order of HEADINGS."""
    return [
        name,
        f"{figures.registrations_per_s:,.0f}",
        f"{ratio(figures.registrations_per_s, base_speed.registrations_per_s):.1f}x",
        f"{figures.p50_ms:.2f}",
        f"{figures.p99_ms:.2f}",
        f"{figures.cpu_us:,.1f}",
        f"{ratio(figures.cpu_us, base_cpu.cpu_us):.1f}x",
        f"{figures.rss_mb:.0f}",
        f"{figures.pss_mb:.0f}",
        f"{figures.start_s:.2f}",
    ]


def rows(report: Report, wire: str) -> list[list[str]]:
    """Return all servers' cells on one wire; a base that did not run is the first server."""
    medians = report.medians_by_wire[wire]
    first = next(iter(medians.values()))
    base_speed = medians.get(report.base_speed, first)
    base_cpu = medians.get(report.base_cpu, first)
    return [row(name, figures, base_speed, base_cpu) for name, figures in medians.items()]


def outcome_line(outcome: Outcome) -> str:
    """Return one aim, what was measured, and whether that reaches it."""
    aim = outcome.aim
    verdict = "reached" if outcome.is_reached else "NOT REACHED"
    return f"{aim.text} {aim.limit:g}{aim.unit}: {outcome.measured:.2f}{aim.unit}, {verdict}"


def noise_line(cores_elsewhere: Sequence[float]) -> str:
    """Return how busy the machine was with something else, over all turns."""
    return (
        f"Cores busy with neither server nor load: {median(cores_elsewhere):.2f} (median), "
        f"{max(cores_elsewhere):.2f} (worst turn)"
    )


def print_report(report: Report, console: Console) -> None:
    """Print every wire's table and aims."""
    for wire in report.medians_by_wire:
        # Headings in several lines and no rules between, so that all columns fit 80 characters.
        table = Table(title=f"Registering a bank account: {wire}", box=None, pad_edge=False)
        for heading in HEADINGS:
            table.add_column(heading.replace(" ", "\n"), justify="right", vertical="bottom")
        table.columns[0].justify = "left"
        for cells in rows(report, wire):
            table.add_row(*cells)
        console.print(table)
        for outcome in report.outcomes_by_wire[wire]:
            style = "green" if outcome.is_reached else "red"
            console.print(outcome_line(outcome), style=style, highlight=False, soft_wrap=True)
    is_noisy = median(report.cores_elsewhere) > CORES_ELSEWHERE_MAX
    style = "red" if is_noisy else "default"
    console.print(noise_line(report.cores_elsewhere), style=style, highlight=False, soft_wrap=True)


def comparison_line(wire: str, ratios: Sequence[float]) -> str:
    """Return how this checkout compares with another one, and how far the rounds agree."""
    return (
        f"{wire}: {median(ratios):.3f}x the other checkout's registrations/s "
        f"(rounds from {min(ratios):.3f}x to {max(ratios):.3f}x)"
    )


def markdown(report: Report) -> str:
    """Return docs/benchmarks.md."""
    parts = [INTRODUCTION, facts(report)]
    for wire in report.medians_by_wire:
        aims = [f"- {outcome_line(outcome)}" for outcome in report.outcomes_by_wire[wire]]
        parts += [f"## {wire}", markdown_table(rows(report, wire)), "\n".join(aims)]
    parts.append(
        METHOD.format(
            rounds=report.rounds,
            customers=report.customers,
            wait_minutes=WAIT_S_MAX // 60,
            tries=TAKES_MAX,
        )
    )
    return "\n\n".join(parts) + "\n"


def markdown_table(cells: Sequence[Sequence[str]]) -> str:
    """Return the cells under HEADINGS, figures set to the right."""
    lines = [HEADINGS, ("---", *("---:",) * (len(HEADINGS) - 1)), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def facts(report: Report) -> str:
    """Return when and on what it was measured, and how to repeat it."""
    machine = report.machine
    size = f"{machine.cores} cores, {machine.memory_gib:.0f} GiB, {machine.system}"
    turns = f"each server and wire {report.rounds} times for {report.seconds} s"
    return "\n".join(
        (
            f"- Date: {report.day.isoformat()}",
            f"- Machine: {size}; its disk keeps 4 KiB for good in {machine.sync_us:.0f} µs",
            f"- Python {machine.python}",
            f"- {noise_line(report.cores_elsewhere)}",
            f"- To repeat: `{report.command}` ({turns})",
        )
    )


INTRODUCTION = """# Benchmarks

What the registration of a bank account costs, over either wire, beside two other servers. This
page is written by `make bench`; don't edit it by hand. Absolute figures are this machine's; the
ratios carry over better.

- **lastschrift**: the sandbox on SQLite with `synchronous=FULL`, as it starts.
- **conventional**: the same job as most people would write it (`bench/conventional/`): FastAPI,
  pydantic and the SQLAlchemy ORM on SQLite in WAL mode with `synchronous=FULL`, one process.
- **bare**: a bare uvicorn application that repeats a recorded answer of lastschrift's, byte for
  byte, and does nothing for it (`bench/bare/`). It is the floor of Python's HTTP."""

METHOD = """## How it was measured

- `wrk` sends registrations over 32 keep-alive connections from one thread, on the same machine,
  so load and server share the cores. Every request carries an account number of its own with
  valid check digits, at one of eight German banks. On secuconnect the accounts are spread at
  random over {customers:,} customers; on PACE all belong to the token's own service identity.
- The servers take turns, {rounds} rounds. A turn begins when a virtual machine's host has no other
  work, or after {wait_minutes} minutes. If the host begins some in it, it is taken again, up to
  {tries} times, and the least disturbed counts. In it a server starts as a process of its own on an
  empty directory, gets its customers, is warmed up for a second, and is then measured. The tables
  show medians over the rounds. The ratios of registrations/s are to the conventional server, those
  of CPU to the bare one.
- A run counts only if every answer had the documented status (200 on secuconnect, 201 on PACE) and
  the server's own list afterwards holds every registration that it acknowledged.
- CPU is user and system time of the server's processes, from `/proc`, divided by the answers. RSS
  and PSS are read right after the load. Start is from starting the program to its first 200, its
  modules compiled before, as an installed program's are.
- `wrk` waits for an answer before it sends the next request on a connection, and makes up for that
  only roughly in its percentiles: p50 and p99 can understate a stall that a steady stream of
  requests would have felt."""
