"""``lastschrift retention``: erase for good what has been kept for long enough."""

import os
from pathlib import Path

import click

from lastschrift.admin.erasure_verbs import RETENTION_RUN, Expiry
from lastschrift.cli.administering import desk
from lastschrift.cli.epilog import example
from lastschrift.cli.erased import purge_and_tell, tell_erased
from lastschrift.cli.house import House
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json
from lastschrift.settings import Settings


@click.group(epilog=example("lastschrift retention run"))
def retention() -> None:
    """Erase what was deleted long enough ago, and what law no longer wants kept."""


@retention.command(epilog=example("lastschrift retention run --data /var/lib/lastschrift"))
@click.option(
    "--rewrite-tables",
    is_flag=True,
    help="PostgreSQL only: write the tables anew, so that nothing is left in their pages. "
    "Requests wait meanwhile, or are answered 503.",
)
@data_option
@json_option
@click.pass_obj
def run(house: House, *, rewrite_tables: bool, directory: Path, is_json: bool) -> None:
    """Erase what has been deleted for longer than the setting deleted_kept_days says.

    A running server does it by itself, every hour. Files are purged of it, too.
    """
    settings = Settings.load(directory, os.environ)
    asked = desk(house, directory)
    erased = asked.ask(RETENTION_RUN, Expiry(deleted_kept_days=settings.deleted_kept_days))
    is_purged = purge_and_tell(asked)
    rewritten = house.rewrite_tables(settings) if rewrite_tables else ()
    if is_json:
        print_json({"erased": erased, "purged": is_purged, "rewritten": rewritten})
        return
    tell_erased(erased)
    if rewritten:
        click.echo(f"rewritten   {', '.join(rewritten)}")
