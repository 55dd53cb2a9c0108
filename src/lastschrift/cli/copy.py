"""``lastschrift copy``: move a whole database, to the other engine or to another place."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from lastschrift.admin.lock import LOCK_FILE, Holder, hold
from lastschrift.cli.arguments import DatabaseUrl
from lastschrift.cli.epilog import example
from lastschrift.cli.house import CannotDo, House
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json, print_table
from lastschrift.cli.progress import progress_shown
from lastschrift.settings import PostgresDatabase, Settings, SqliteDatabase, database_at

_EXAMPLE = (
    "lastschrift copy --data /var/lib/lastschrift "
    "--to postgresql://lastschrift@db.example.org/lastschrift"
)

_NEXT = """\
The copy is whole: all tables have the same rows. To go on with it:
1. Stop what still runs on the old database: what it writes from now on is not in the copy.
2. Give the setting database the URL that --to was given; the master key stays as it is.
3. lastschrift doctor, then lastschrift serve.\
"""


@click.command(epilog=example(_EXAMPLE))
@click.option(
    "--from",
    "source_url",
    type=DatabaseUrl(),
    help="The database to copy; the installation's own, if left out.",
)
@click.option(
    "--to",
    "target_url",
    type=DatabaseUrl(),
    required=True,
    help="Where to: an empty database of PostgreSQL, or a file that is not there yet. "
    "A relative path counts from the installation's directory.",
)
@data_option
@json_option
@click.pass_obj
def copy(
    house: House, source_url: str | None, target_url: str, directory: Path, is_json: bool
) -> None:
    """Copy all that a database holds to another one, and compare both.

    Nobody may write it meanwhile. With SQLite the server must be stopped; on PostgreSQL servers
    answer 503 to what would write: new tokens, and whatever the audit trail tells of, as who
    looks at a bank account.

    If it is interrupted, run it again: it goes on where it stopped. Run again after its end, it
    compares. Settings and master key are not copied: they stay good for both.

    Others on this machine can read a command's arguments: leave a password to ~/.pgpass.
    """
    directory = directory.absolute()
    source = _own(directory) if source_url is None else database_at(source_url, directory)
    target = database_at(target_url, directory)
    if source == target:
        raise CannotDo(f"{source} can't be copied to itself; name another place with --to")
    with _held(source, target), progress_shown() as progress:
        tables = house.copy_database(source, target, progress)
    if is_json:
        copied = [{"table": name, "rows": rows, "sha256": digest} for name, rows, digest in tables]
        print_json({"from": str(source), "to": str(target), "tables": copied})
    else:
        rows = [(name, f"{rows:,}", digest) for name, rows, digest in tables]
        print_table(("table", "rows", "sha256"), rows)
        click.echo(_NEXT)


def _own(directory: Path) -> SqliteDatabase | PostgresDatabase:
    """Return the database of the installation in a directory.

    Raises: SettingsWrong.
    """
    return Settings.load(directory, os.environ).database


@contextmanager
def _held(
    source: SqliteDatabase | PostgresDatabase, target: SqliteDatabase | PostgresDatabase
) -> Iterator[None]:
    """Keep servers and commands off the directories that the files lie in.

    A file may lie outside of its installation's directory: SQLite's own locks keep them off that.

    Raises: DirectoryInUse; OSError.
    """
    directories = set()
    if isinstance(target, SqliteDatabase):
        directories.add(target.path.parent)
    if isinstance(source, SqliteDatabase) and (source.path.parent / LOCK_FILE).exists():
        directories.add(source.path.parent)
    with ExitStack() as stack:
        for directory in sorted(directories):  # In order, or two copies could wait for each other.
            stack.enter_context(hold(directory, Holder.COMMAND))
        yield
