"""``lastschrift serve``: run a production installation."""

from pathlib import Path

import click
import msgspec

from lastschrift.admin.lock import Holder
from lastschrift.cli.epilog import example
from lastschrift.cli.holding import held, is_alone
from lastschrift.cli.house import CannotDo, House
from lastschrift.cli.installing import load_settings, require_database
from lastschrift.cli.options import data_option, port_option, workers_option
from lastschrift.settings import InstallationKind, Listen, Settings
from lastschrift.web.processes.listen import is_loopback


@click.command(epilog=example("lastschrift serve --data /var/lib/lastschrift"))
@data_option
@port_option
@workers_option
@click.pass_obj
def serve(house: House, directory: Path, port: int | None, workers: int | None) -> None:
    """Serve both APIs from a production installation, until SIGTERM or Ctrl-C.

    What was accepted by then is answered. Metrics are at /metrics, probes at /healthz and /readyz.
    """
    settings = load_settings(directory, InstallationKind.PRODUCTION, port=port)
    if workers is not None:
        settings = msgspec.structs.replace(settings, workers=workers)
    require_public_url(settings)
    _require_shared_database(settings)
    with held(settings, Holder.SERVER):
        require_database(house, settings)
        house.serve(settings, lambda port: _announce(settings, port))


def require_public_url(settings: Settings) -> None:
    """Let settings pass whose links clients can follow.

    Beyond this machine the Host header is anyone's to choose: no link may be made of it.

    Raises: CannotDo.
    """
    if settings.public_url is None and not is_loopback(settings.listen.host):
        raise CannotDo(
            f"listening on {settings.listen} needs the setting public_url, the address that "
            "clients use: LASTSCHRIFT_PUBLIC_URL=https://debit.example.org"
        )


def _require_shared_database(settings: Settings) -> None:
    if settings.workers > 1 and is_alone(settings):
        raise CannotDo(
            f"{settings.workers} workers need PostgreSQL, and {settings.database} is SQLite's, "
            "which one process serves: set workers to 1, or database to postgresql://…"
        )


def _announce(settings: Settings, port: int) -> None:
    click.echo(f"Lastschrift answers at http://{Listen(settings.listen.host, port)} (Ctrl-C ends)")
