"""``lastschrift init``: make a production installation."""

from pathlib import Path

import click

from lastschrift.admin.lock import Holder, hold
from lastschrift.cli.epilog import example
from lastschrift.cli.house import CannotDo, House
from lastschrift.cli.installing import finish, load_settings, make_config, make_directory
from lastschrift.cli.options import data_option
from lastschrift.settings import CONFIG_FILE, InstallationKind


@click.command(epilog=example("lastschrift init --data /var/lib/lastschrift"))
@data_option
@click.pass_obj
def init(house: House, directory: Path) -> None:
    """Make a production installation: settings, master key, empty database.

    If it is interrupted, run it again: it goes on where it stopped.
    """
    make_directory(directory)
    with hold(directory, Holder.COMMAND):
        make_config(directory, InstallationKind.PRODUCTION)
        settings = load_settings(directory, InstallationKind.PRODUCTION)
        if not finish(house, settings, fill=None):
            raise CannotDo(f"{directory} is an installation already; lastschrift serve runs it")
    click.echo(f"settings    {directory / CONFIG_FILE}")
    click.echo(f"master key  {settings.master_key_file} (keep a copy, apart from the database's)")
    click.echo(f"database    {settings.database}")
