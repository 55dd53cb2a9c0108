"""``lastschrift backup``: write down all that an installation holds, while it is served."""

import os
from pathlib import Path

import click

from lastschrift.cli.epilog import example
from lastschrift.cli.house import CannotDo, House
from lastschrift.cli.installing import require_database
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json
from lastschrift.cli.progress import progress_shown
from lastschrift.settings import CONFIG_FILE, Settings, SqliteDatabase

_EXAMPLE = "lastschrift backup /backups/lastschrift-2026-11-21.backup --data /var/lib/lastschrift"

_COMPANIONS = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to a database's name for the files that belong to it."""


@click.command(epilog=example(_EXAMPLE))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", "is_forced", is_flag=True, help="Write over a FILE that is there.")
@data_option
@json_option
@click.pass_obj
def backup(house: House, file: Path, directory: Path, is_forced: bool, is_json: bool) -> None:
    """Write down all that the database holds, as of now, in one FILE. The server may run.

    FILE is there when all of it is on disk, for its owner only, and not before. If the command is
    interrupted, run it again. `lastschrift restore` takes it back.

    It is encrypted under the newest version of the master key, which is not in it: without that
    nothing of it can be read again. Keep a copy of the key, and keep it somewhere else.

    A database on a PostgreSQL server is backed up by PostgreSQL's own means:
    docs/guides/backup.md.
    """
    settings = Settings.load(directory, os.environ)
    _require_database_in_file(settings)
    file = file.absolute()
    require_database(house, settings)
    _require_free(file, settings, is_forced=is_forced)
    with progress_shown(unit="bytes") as progress:
        length, sha256 = house.back_up(settings, file, progress)
    if is_json:
        print_json({"file": str(file), "bytes": length, "sha256": sha256})
        return
    click.echo(f"backup      {file}, {length:,} bytes")
    click.echo(f"master key  not in it: keep a copy of {settings.master_key_place}, somewhere else")


def _require_database_in_file(settings: Settings) -> None:
    if not isinstance(settings.database, SqliteDatabase):
        raise CannotDo(
            f"{settings.database} is on a PostgreSQL server: back it up by pg_basebackup or "
            "pgBackRest, as docs/guides/backup.md shows"
        )


def _require_free(file: Path, settings: Settings, *, is_forced: bool) -> None:
    """Let a file pass that may be written; never one that the installation needs."""
    place = file.resolve()
    if place in {own.resolve() for own in _own_files(settings)}:
        raise CannotDo(f"{file} belongs to the installation itself; name another file")
    if file.exists() and not is_forced:
        raise CannotDo(f"{file} is there already; name another file, or --force writes over it")


def _own_files(settings: Settings) -> list[Path]:
    own = [settings.directory / CONFIG_FILE, settings.master_key_file, settings.lock_file]
    if isinstance(settings.database, SqliteDatabase):
        path = settings.database.path
        own += [path.with_name(path.name + companion) for companion in _COMPANIONS]
    return own
