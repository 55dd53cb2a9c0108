"""``lastschrift contract``: the tenants of an installation."""

from pathlib import Path
from uuid import UUID

import click

from lastschrift.admin.verb import Nothing
from lastschrift.admin.verbs import (
    CONTRACT_CHANGE,
    CONTRACT_CREATE,
    CONTRACT_LIST,
    ContractChange,
    ContractTold,
    NewContract,
)
from lastschrift.cli.administering import desk
from lastschrift.cli.arguments import Id, Name
from lastschrift.cli.epilog import example
from lastschrift.cli.house import House
from lastschrift.cli.options import data_option, json_option
from lastschrift.cli.output import print_json, print_table
from lastschrift.domain.access import IdentityLinking

_LINKING_BY_CHOICE = {
    "first-use": IdentityLinking.FIRST_USE,
    "by-command": IdentityLinking.BY_COMMAND,
}
_CHOICE_BY_LINKING = {linking: choice for choice, linking in _LINKING_BY_CHOICE.items()}

_SOME_CONTRACT = "0193b7a4-3c1e-7d5a-9f00-5a3c8d2e4b61"
_CHANGE = f"lastschrift contract change {_SOME_CONTRACT} --identities by-command"


@click.group(epilog=example('lastschrift contract create "Stadtwerke Beispiel"'))
def contract() -> None:
    """Open, change and list contracts: each is a merchant with keys and payers of its own."""


@contract.command(epilog=example('lastschrift contract create "Stadtwerke Beispiel" --json'))
@click.argument("name", type=Name())
@click.option(
    "--identities",
    "choice",
    type=click.Choice(tuple(_LINKING_BY_CHOICE)),
    default="first-use",
    show_default=True,
    help="How users of identity providers come by their payers; see lastschrift identity.",
)
@data_option
@json_option
@click.pass_obj
def create(house: House, name: str, choice: str, directory: Path, is_json: bool) -> None:
    """Open a contract, and print its id."""
    wanted = NewContract(name, _LINKING_BY_CHOICE[choice])
    told = desk(house, directory).ask(CONTRACT_CREATE, wanted)
    if is_json:
        print_json({"id": told.id, "name": told.name})
    else:
        click.echo(told.id)


@contract.command(epilog=example(_CHANGE))
@click.argument("contract_id", type=Id())
@click.option(
    "--identities",
    "choice",
    type=click.Choice(tuple(_LINKING_BY_CHOICE)),
    required=True,
    help="How users of identity providers come by their payers from now on.",
)
@data_option
@json_option
@click.pass_obj
def change(house: House, contract_id: UUID, choice: str, directory: Path, is_json: bool) -> None:
    """Change a contract. Users that are linked already stay so."""
    wanted = ContractChange(contract_id, _LINKING_BY_CHOICE[choice])
    told = desk(house, directory).ask(CONTRACT_CHANGE, wanted)
    if is_json:
        print_json(told)
    else:
        click.echo(f"{told.id} links identities {_linking(told)}")


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
        ("id", "name", "created", "identities"),
        [(str(told.id), told.name, told.created.isoformat(), _linking(told)) for told in found],
    )


def _linking(told: ContractTold) -> str:
    return _CHOICE_BY_LINKING[told.identities]
