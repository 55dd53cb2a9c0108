"""``lastschrift migrate``: bring the database to this program's schema."""

import os
from pathlib import Path

import click

from lastschrift.cli.epilog import example
from lastschrift.cli.holding import held_in_turn
from lastschrift.cli.house import House
from lastschrift.cli.installing import require_database
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json
from lastschrift.settings import Settings


@click.command(epilog=example("lastschrift migrate --data /var/lib/lastschrift"))
@data_option
@json_option
@click.pass_obj
def migrate(house: House, directory: Path, is_json: bool) -> None:
    """Bring the database to this program's schema. With SQLite the server must be stopped.

    Each step is done whole or not at all, and none can be taken back: keep a copy of the database
    before. Of two that run at once, one does it and the other waits.
    """
    settings = Settings.load(directory, os.environ)
    with held_in_turn(settings):
        require_database(house, settings)
        applied = house.migrate_database(settings)
    if is_json:
        print_json({"applied": applied})
    elif applied:
        click.echo("\n".join(f"applied {name}" for name in applied))
    else:
        click.echo("nothing to do: the database is up to date")
