"""A page of figures: printed in the terminal, and written as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table as RichTable

from bench.contenders import CHECKOUT
from bench.figures import Outcome
from bench.machine import Machine
from bench.report import noise_line, outcome_line


@dataclass(frozen=True, slots=True)
class Table:
    """A table under its title, and what became of the aims that it shows."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    outcomes: Sequence[Outcome] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says first, when and on what it was measured, its tables, and how."""

    introduction: str
    facts: Sequence[str]
    tables: Sequence[Table]
    method: str = field(default="")


def machine_lines(
    machine: Machine, command: str, turns: str, cores_elsewhere: Sequence[float]
) -> list[str]:
    """Return when and on what it was measured, and how to repeat it."""
    size = f"{machine.cores} cores, {machine.memory_gib:.0f} GiB, {machine.system}"
    return [
        f"Date: {datetime.now(UTC).date().isoformat()}",
        f"Machine: {size}; its disk keeps 4 KiB for good in {machine.sync_us:.0f} µs",
        f"Python {machine.python}",
        noise_line(cores_elsewhere),
        f"To repeat: `{command}` ({turns})",
    ]


def print_page(page: Page, console: Console) -> None:
    """Print every table and its aims."""
    for table in page.tables:
        printed = RichTable(title=table.title, box=None, pad_edge=False)
        for heading in table.headings:
            printed.add_column(heading.replace(" ", "\n"), justify="right", vertical="bottom")
        printed.columns[0].justify = "left"
        for cells in table.rows:
            printed.add_row(*cells)
        console.print(printed)
        for outcome in table.outcomes:
            style = "green" if outcome.is_reached else "red"
            console.print(outcome_line(outcome), style=style, highlight=False, soft_wrap=True)
        for note in table.notes:
            console.print(note, highlight=False, soft_wrap=True)
    for fact in page.facts:
        console.print(fact, highlight=False, soft_wrap=True)


def write_page(page: Page, document: Path) -> None:
    """Write the page's Markdown."""
    document.parent.mkdir(exist_ok=True)
    document.write_text(markdown(page))
    click.echo(f"written: {document.relative_to(CHECKOUT)}")


def markdown(page: Page) -> str:
    """Return a page as Markdown."""
    parts = [page.introduction, "\n".join(f"- {fact}" for fact in page.facts)]
    for table in page.tables:
        lines = [table.headings, ("---", *("---:",) * (len(table.headings) - 1)), *table.rows]
        parts.append(f"## {table.title}")
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
        told = [*map(outcome_line, table.outcomes), *table.notes]
        if told:
            parts.append("\n".join(f"- {line}" for line in told))
    if page.method:
        parts.append(page.method)
    return "\n\n".join(parts) + "\n"
