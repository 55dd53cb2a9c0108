"""``lastschrift client``: the OAuth clients of contracts."""

from pathlib import Path
from uuid import UUID

import click

from lastschrift.admin.verb import Nothing
from lastschrift.admin.verbs import (
    CLIENT_CREATE,
    CLIENT_LIST,
    CLIENT_REVOKE,
    CLIENT_ROTATE_SECRET,
    ClientNamed,
    ClientTold,
    Credentials,
    NewClient,
)
from lastschrift.cli.administering import desk
from lastschrift.cli.arguments import Id, Name
from lastschrift.cli.epilog import example
from lastschrift.cli.house import House
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json, print_table
from lastschrift.domain.access import Scope

_SCOPES = tuple(scope.value for scope in Scope)
_SOME_CLIENT = "09ae83af7c37121b2de929b211bad944"
_SOME_CONTRACT = "0193b7a4-3c1e-7d5a-9f00-5a3c8d2e4b61"
_CREATE = f"lastschrift client create --name Shop --contract {_SOME_CONTRACT}"


@click.group(epilog=example("lastschrift client list"))
def client() -> None:
    """Give contracts OAuth clients, list them, revoke them, renew their secrets."""


@client.command(epilog=example(_CREATE, Scopes=_SCOPES))
@click.option("--contract", type=Id(), required=True, help="The contract that it is a client of.")
@click.option("--name", type=Name(), required=True, help="What it is called in lists.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(_SCOPES),
    multiple=True,
    metavar="SCOPE",
    help="What it may ask for; may be repeated. Every scope there is, if left out.",
)
@click.option(
    "--no-identity",
    is_flag=True,
    help="Let no payer stand behind its own tokens: PACE answers them 401.",
)
@click.option(
    "--manages",
    is_flag=True,
    help="Let no other client delete the bank accounts that it registers.",
)
@data_option
@json_option
@click.pass_obj
def create(
    house: House,
    *,
    contract: UUID,
    name: str,
    scopes: tuple[str, ...],
    no_identity: bool,
    manages: bool,
    directory: Path,
    is_json: bool,
) -> None:
    """Make a client, and print its id and secret. The secret is shown this once."""
    wanted = NewClient(
        contract=contract,
        name=name,
        scopes=tuple(map(Scope, dict.fromkeys(scopes))) or tuple(Scope),
        has_identity=not no_identity,
        manages=manages,
    )
    created = desk(house, directory).ask(CLIENT_CREATE, wanted)
    if is_json:
        print_json(created)
        return
    _print_credentials(created)
    click.echo(f"scopes         {' '.join(created.scopes)}")


@client.command("list", epilog=example("lastschrift client list --json"))
@data_option
@json_option
@click.pass_obj
def list_(house: House, directory: Path, is_json: bool) -> None:
    """List the clients of all contracts, oldest first, revoked ones too."""
    found = desk(house, directory).ask(CLIENT_LIST, Nothing())
    if is_json:
        print_json(found)
    else:
        print_table(
            ("client id", "name", "contract", "scopes", "payer behind it", "manages", "state"),
            [_row(told) for told in found],
        )


@client.command(epilog=example(f"lastschrift client revoke {_SOME_CLIENT}"))
@click.argument("client_id", type=Id())
@data_option
@json_option
@click.pass_obj
def revoke(house: House, client_id: UUID, directory: Path, is_json: bool) -> None:
    """Refuse a client and all its tokens, from now on and for good."""
    told = desk(house, directory).ask(CLIENT_REVOKE, ClientNamed(client_id))
    if is_json:
        print_json(told)
    else:
        click.echo(f"{told.client_id} is revoked")


@client.command("rotate-secret", epilog=example(f"lastschrift client rotate-secret {_SOME_CLIENT}"))
@click.argument("client_id", type=Id())
@data_option
@json_option
@click.pass_obj
def rotate_secret(house: House, client_id: UUID, directory: Path, is_json: bool) -> None:
    """Give a client another secret, shown this once; the old one is refused from now on.

    Tokens that it has stay good until they expire.
    """
    renewed = desk(house, directory).ask(CLIENT_ROTATE_SECRET, ClientNamed(client_id))
    if is_json:
        print_json(renewed)
    else:
        _print_credentials(renewed)


def _print_credentials(told: Credentials) -> None:
    click.echo(f"client_id      {told.client_id}")
    click.echo(f"client_secret  {told.client_secret.reveal()}")


def _row(told: ClientTold) -> tuple[str, ...]:
    state = "active" if told.revoked is None else f"revoked {told.revoked.isoformat()}"
    identity = "yes" if told.has_identity else "no"
    manages = "yes" if told.manages else "no"
    scopes = " ".join(told.scopes)
    return told.client_id, told.name, str(told.contract), scopes, identity, manages, state
