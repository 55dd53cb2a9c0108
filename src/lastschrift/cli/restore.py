"""``lastschrift restore``: put an installation back from its backup."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from lastschrift.admin.lock import Holder, hold
from lastschrift.cli.epilog import example
from lastschrift.cli.house import CannotDo, House, Restored, Restoring
from lastschrift.cli.installing import load_settings, make_config, make_directory
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json
from lastschrift.cli.progress import progress_shown
from lastschrift.settings import CONFIG_FILE, Settings, SqliteDatabase

_EXAMPLE = (
    "lastschrift restore /backups/lastschrift-2026-11-21.backup --data /var/lib/lastschrift "
    "--master-key-file /safe/master.key"
)


@click.command(epilog=example(_EXAMPLE))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--master-key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A copy of the master key, put into an installation that has none; no backup holds it.",
)
@click.option(
    "--erasure-log",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A copy of the erasure log; one beside the copy of the master key is found by itself.",
)
@click.option(
    "--force",
    "is_forced",
    is_flag=True,
    help="Put it in the place of a database that is there, and keep that aside.",
)
@click.option(
    "--migrate",
    "is_migrated",
    is_flag=True,
    help="Bring a backup that an older Lastschrift made to this program's schema.",
)
@data_option
@json_option
@click.pass_obj
def restore(
    house: House,
    *,
    file: Path,
    directory: Path,
    master_key_file: Path | None,
    erasure_log: Path | None,
    is_forced: bool,
    is_migrated: bool,
    is_json: bool,
) -> None:
    """Put the database back from FILE, which `lastschrift backup` made. No server may run.

    Before anything is replaced, FILE is checked to be whole, its order, its references and its
    schema too, and that the master key opens it; and who was erased since it was made, by the
    erasure log, is erased in it. If the command is interrupted, run it again.

    A directory that is no installation becomes one, with new settings; what the old ones said
    beyond the defaults has to be set again. A backup of a sandbox remains a sandbox.

    What was done after the backup is undone: revoke again what has been revoked since.
    """
    directory = directory.absolute()
    make_directory(directory)
    with (
        hold(directory, Holder.COMMAND),
        _settings_for(house, file, directory) as settings,
        progress_shown(unit="bytes") as progress,
    ):
        _require_room(settings, is_forced=is_forced)
        restoring = Restoring(
            backup=file.absolute(),
            master_key_file=master_key_file,
            erasure_log=erasure_log,
            is_migrated=is_migrated,
        )
        restored = house.restore(settings, restoring, progress)
    if is_json:
        _print_json(settings, restored)
    else:
        _print(settings, restored)


def _print_json(settings: Settings, restored: Restored) -> None:
    print_json(
        {
            "database": str(settings.database),
            "applied": restored.applied,
            "kept": None if restored.kept is None else str(restored.kept),
            "erased_again": restored.erased_again,
            "encrypted": restored.is_encrypted,
        }
    )


def _print(settings: Settings, restored: Restored) -> None:
    click.echo(f"restored    {settings.database}")
    if not restored.is_encrypted:
        click.echo("backup      it was not encrypted: take another one, and destroy it")
    if restored.applied:
        click.echo(f"migrated    {', '.join(restored.applied)}")
    if restored.erased_again is None:
        click.echo(
            f"erasures    there is no log at {settings.erasure_log}: who was erased after the "
            "backup is there again"
        )
    else:
        click.echo(f"erasures    {restored.erased_again} payers and accounts are erased again")
    if restored.kept is not None:
        click.echo(
            f"kept        {restored.kept}, with the database that was there before: delete it "
            "once you trust this one"
        )
    click.echo(f"next        lastschrift doctor --deep --data {settings.directory}")


@contextmanager
def _settings_for(house: House, file: Path, directory: Path) -> Iterator[Settings]:
    """Return the settings of the directory; where it has none, new ones, unless it fails.

    Raises: CannotDo; SettingsWrong; OSError.
    """
    kind = house.backup_kind(file)
    config = directory / CONFIG_FILE
    is_new = not config.exists()
    make_config(directory, kind, database=None)
    try:
        yield load_settings(directory, kind)
    except BaseException:
        if is_new:
            config.unlink()
        raise


def _require_room(settings: Settings, *, is_forced: bool) -> None:
    """Let an installation pass whose database may be put there.

    Raises: CannotDo.
    """
    if not isinstance(settings.database, SqliteDatabase):
        raise CannotDo(
            f"{settings.database} is on a PostgreSQL server: restore it by what backed it up, "
            "as docs/guides/backup.md shows"
        )
    if settings.database.path.exists() and not is_forced:
        raise CannotDo(
            f"there is a database at {settings.database}; "
            "name another directory with --data, or --force keeps it aside"
        )
