"""Measure every pair and tell the ratios."""

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from bench.choices import commits, values, waiting

ROUNDS = 7
PAGE = Path(__file__).parents[2] / "docs" / "decisions" / "figures.md"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ways to do a thing; each function returns the microseconds that one takes."""

    what: str
    taken: str
    weighed: str
    time_taken: Callable[[], float]
    time_weighed: Callable[[], float]


PAIRS = (
    Pair(
        "making a value of twelve fields",
        "frozen msgspec Struct",
        "frozen, slotted dataclass",
        values.make_struct,
        values.make_dataclass,
    ),
    Pair(
        "12 random bytes beside a busy thread",
        "a supply drawn ahead",
        "os.urandom each time",
        waiting.take_from_supply,
        waiting.ask_system,
    ),
    Pair(
        "a fingerprint beside a busy thread",
        "copies of its two keyed hashes",
        "hmac.digest",
        waiting.copy_hashes,
        waiting.digest_hmac,
    ),
    Pair(
        "one of 32 registrations at a time, kept",
        "statements on the event loop, COMMIT on a thread",
        "all on a writer thread",
        commits.on_the_loop,
        commits.on_a_thread,
    ),
    Pair(
        "a row of a 16-row commit",
        "undo journals in memory",
        "undo journals in files",
        commits.journal_in_memory,
        commits.journal_in_files,
    ),
    Pair(
        "a row of a 16-row commit",
        "rows counted",
        "RETURNING each row",
        commits.rows_counted,
        commits.rows_returned,
    ),
)


def measure(pair: Pair) -> tuple[float, float, float]:
    """Return the medians of both ways in microseconds, and of their ratios."""
    taken, weighed = [], []
    for _ in range(ROUNDS):
        taken.append(pair.time_taken())
        weighed.append(pair.time_weighed())
    ratios = [other / ours for ours, other in zip(taken, weighed, strict=True)]
    return statistics.median(taken), statistics.median(weighed), statistics.median(ratios)


def report(rows: Sequence[tuple[Pair, tuple[float, float, float]]]) -> str:
    """Return the page."""
    lines = [
        "# Figures behind the decisions",
        "",
        "<!-- Written by `python -m bench.choices --write`. -->",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, medians of {ROUNDS} rounds.",
        "",
        "| what | taken | µs | weighed | µs | ratio |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {pair.what} | {pair.taken} | {ours:.2f} | {pair.weighed} | {other:.2f} | {ratio:.2f} |"
        for pair, (ours, other, ratio) in rows
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--write", is_flag=True, help="Write docs/decisions/figures.md.")
def main(*, write: bool) -> None:
    """Measure choices inside the hot path against what else was weighed.

    Example: python -m bench.choices --write
    """
    page = report([(pair, measure(pair)) for pair in PAIRS])
    click.echo(page)
    if write:
        PAGE.write_text(page)


if __name__ == "__main__":
    main()
