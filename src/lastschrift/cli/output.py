"""How data is printed: as JSON for programs, as a table for people, plain where nobody looks."""

import sys
from collections.abc import Sequence

import click
import msgspec

from lastschrift.admin.verbs import encode


def print_json(data: object) -> None:
    """Print data as JSON; secrets in clear, since they are there to be told."""
    click.echo(json_of(data))


def json_of(data: object) -> bytes:
    """Return data as JSON that people can read; secrets in clear."""
    return msgspec.json.format(encode(data), indent=2)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows as a table; one line each with tabs between, where no terminal is."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
        return
    from rich.console import Console  # noqa: PLC0415  # slow to load, and seldom needed
    from rich.table import Column, Table  # noqa: PLC0415

    # Ids come first, and are there to be copied: whatever else has to wrap, they don't.
    first, *others = columns
    table = Table(Column(first, no_wrap=True), *(Column(name, overflow="fold") for name in others))
    for row in rows:
        table.add_row(*row)
    Console().print(table)
