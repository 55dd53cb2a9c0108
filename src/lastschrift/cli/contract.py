"""``lastschrift contract``: the tenants of an installation."""

from pathlib import Path

import click

from lastschrift.admin.verbs import CONTRACT_CREATE, CONTRACT_LIST, NewContract, Nothing
from lastschrift.cli.administering import desk
from lastschrift.cli.arguments import Name
from lastschrift.cli.epilog import example
from lastschrift.cli.house import House
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json, print_table


@click.group(epilog=example('lastschrift contract create "Stadtwerke Beispiel"'))
def contract() -> None:
    """Open and list contracts: each is a merchant with keys and payers of its own."""


@contract.command(epilog=example('lastschrift contract create "Stadtwerke Beispiel" --json'))
@click.argument("name", type=Name())
@data_option
@json_option
@click.pass_obj
def create(house: House, name: str, directory: Path, is_json: bool) -> None:
    """Open a contract, and print its id."""
    told = desk(house, directory).ask(CONTRACT_CREATE, NewContract(name))
    if is_json:
        print_json({"id": told.id, "name": told.name})
    else:
        click.echo(told.id)


@contract.command("list", epilog=example("lastschrift contract list"))
@data_option
@json_option
@click.pass_obj
def list_(house: House, directory: Path, is_json: bool) -> None:
    """List all contracts, oldest first."""
    found = desk(house, directory).ask(CONTRACT_LIST, Nothing())
    if is_json:
        print_json(found)
        return
    print_table(
        ("id", "name", "created"),
        [(str(told.id), told.name, told.created.isoformat()) for told in found],
    )
