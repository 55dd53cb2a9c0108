"""``lastschrift sandbox``: both APIs on this machine, with a client that is ready to use."""

from pathlib import Path

import click

from lastschrift.admin.lock import Holder, hold
from lastschrift.cli.demo import add_demo
from lastschrift.cli.epilog import example
from lastschrift.cli.house import CannotDo, House
from lastschrift.cli.installing import (
    finish,
    has_database,
    load_settings,
    make_config,
    make_directory,
)
from lastschrift.cli.options import data_option, database_option, port_option
from lastschrift.cli.welcome import welcome
from lastschrift.settings import InstallationKind, Settings
from lastschrift.web.processes.listen import is_loopback


@click.command(epilog=example("lastschrift sandbox --port 8081 --fresh"))
@data_option
@database_option
@port_option
@click.option("--fresh", is_flag=True, help="Begin with an empty database; settings and key stay.")
@click.pass_obj
def sandbox(
    house: House, directory: Path, database: str | None, port: int | None, fresh: bool
) -> None:
    """Serve both APIs on this machine only, with a client that is ready to use.

    The first start makes the directory, with the demo client of the documentation. Its secret is
    public: a sandbox is never production, and listens on loopback addresses only.
    """
    make_directory(directory)
    with hold(directory, Holder.SERVER):
        make_config(directory, InstallationKind.SANDBOX, database)
        settings = load_settings(directory, InstallationKind.SANDBOX, port=port, database=database)
        _require_loopback(settings)
        if fresh and has_database(house, settings):
            house.delete_database(settings)
        finish(house, settings, add_demo)
        house.serve(settings, lambda port: click.echo(welcome(settings, port)))


def _require_loopback(settings: Settings) -> None:
    if not is_loopback(settings.listen.host):
        raise CannotDo(
            f"a sandbox listens on this machine only, and {settings.listen} is set: "
            "set listen (LASTSCHRIFT_LISTEN) to 127.0.0.1:8080, or use lastschrift serve"
        )
