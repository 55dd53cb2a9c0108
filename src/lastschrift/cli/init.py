"""``lastschrift init``: make a production installation."""

from pathlib import Path

import click

from lastschrift.admin.lock import Holder, hold
from lastschrift.cli.epilog import example
from lastschrift.cli.house import CannotDo, House
from lastschrift.cli.installing import finish, load_settings, make_config, make_directory
from lastschrift.cli.options import data_option, database_option
from lastschrift.settings import CONFIG_FILE, InstallationKind, Settings


@click.command(epilog=example("lastschrift init --data /var/lib/lastschrift"))
@data_option
@database_option
@click.pass_obj
def init(house: House, directory: Path, database: str | None) -> None:
    """Make a production installation: settings, master key, empty database.

    On a PostgreSQL server the database is there already, and empty: createdb makes one.

    If it is interrupted, run it again: it goes on where it stopped.
    """
    make_directory(directory)
    with hold(directory, Holder.COMMAND):
        make_config(directory, InstallationKind.PRODUCTION, database)
        settings = load_settings(directory, InstallationKind.PRODUCTION, database=database)
        if not finish(house, settings, fill=None):
            raise CannotDo(_what_is_there(settings))
    click.echo(f"settings    {directory / CONFIG_FILE}")
    click.echo(f"master key  {settings.master_key_place} (keep a copy, apart from the database's)")
    click.echo(f"database    {settings.database}")


def _what_is_there(settings: Settings) -> str:
    """Tell of an installation that is finished; this may be the second machine that serves it."""
    if not settings.has_master_key_file or settings.master_key_file.exists():
        return f"{settings.directory} is an installation already; lastschrift serve runs it"
    return (
        f"{settings.database} is an installation's database already: put the master key that "
        f"belongs to it at {settings.master_key_place}, and lastschrift serve runs it here too"
    )
