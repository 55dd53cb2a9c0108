"""Who may have to do with an installation's database at a time.

A database in a file belongs to one process: whoever holds the directory's lock. One on a PostgreSQL
server keeps its own order, so that any number of servers and commands may work on it.
"""

import math
from contextlib import AbstractContextManager, nullcontext

import click

from lastschrift.admin.lock import DirectoryInUse, Holder, hold
from lastschrift.settings import Settings, SqliteDatabase


def held(settings: Settings, holder: Holder) -> AbstractContextManager[None]:
    """Return what keeps others off the database for as long as a block takes.

    Raises, when it is entered: DirectoryInUse; OSError.
    """
    if is_alone(settings):
        return hold(settings.directory, holder)
    return nullcontext()


def held_in_turn(settings: Settings) -> AbstractContextManager[None]:
    """Return the same for a command that waits for others as long as they take, and says so.

    Raises, when it is entered: DirectoryInUse, by a server; OSError.
    """
    if is_alone(settings):
        return hold(settings.directory, Holder.COMMAND, wait_s=math.inf, waits=_say_so)
    return nullcontext()


def _say_so(found: DirectoryInUse) -> None:
    process = "" if found.pid is None else f" (process {found.pid})"
    click.echo(f"waiting until another command{process} has ended", err=True)


def is_alone(settings: Settings) -> bool:
    """Whether only one process may have the database open."""
    return isinstance(settings.database, SqliteDatabase)
