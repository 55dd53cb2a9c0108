"""How far a long command is: bars on a terminal, a line now and then where none is.

It goes to standard error, so that programs can read what a command prints.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Tell = Callable[[str, str, int, int], None]
"""Told what is done, with which table or file, how many rows are, and of how many."""

_LINE_EVERY_S = 5.0


@contextmanager
def progress_shown(
    now: Callable[[], float] = time.monotonic, *, unit: str = "rows"
) -> Iterator[Tell]:
    """Show what is told, in ``unit``, until the block ends; ``now`` tells seconds."""
    if sys.stderr.isatty():
        with _bars() as tell:
            yield tell
    else:
        yield _Lines(now, unit)


class _Lines:
    """A line when a work begins, one when it ends, and one every few seconds between."""

    def __init__(self, now: Callable[[], float], unit: str) -> None:
        self._now = now
        self._unit = unit
        self._work = ""
        self._next_s = 0.0

    def __call__(self, work: str, table: str, rows: int, rows_total: int) -> None:
        """Write a line, if it is time for one."""
        now = self._now()
        if work != self._work or rows == rows_total or now >= self._next_s:
            self._work, self._next_s = work, now + _LINE_EVERY_S
            click.echo(f"{work} {table}: {rows:,} of {rows_total:,} {self._unit}", err=True)


@contextmanager
def _bars() -> Iterator[Tell]:
    """Show a bar for each work."""
    from rich.console import Console  # noqa: PLC0415  # slow to load, and seldom needed
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        bar_by_work = {}

        def tell(work: str, table: str, rows: int, rows_total: int) -> None:
            if work not in bar_by_work:
                bar_by_work[work] = progress.add_task(work)
            bar = bar_by_work[work]
            progress.update(bar, description=f"{work} {table}", completed=rows, total=rows_total)

        yield tell
