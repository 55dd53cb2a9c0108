"""How a command has something done, whether a server runs or not."""

import os
from pathlib import Path
from uuid import UUID

import click

from lastschrift.admin.desk import Desk
from lastschrift.admin.verb import Nothing
from lastschrift.admin.verbs import CONTRACT_LIST
from lastschrift.cli.arguments import Id
from lastschrift.cli.holding import is_alone
from lastschrift.cli.house import CannotDo, House
from lastschrift.cli.installing import require_database
from lastschrift.settings import Settings

contract_option = click.option(
    "--contract",
    "contract_id",
    type=Id(),
    help="The contract it is about; may be left out where there is only one.",
)


def desk(house: House, directory: Path) -> Desk:
    """Return the desk of an installation.

    Raises: SettingsWrong.
    """
    settings = Settings.load(directory, os.environ)

    def perform(request: bytes) -> bytes:
        require_database(house, settings)
        return house.perform(settings, request)

    return Desk(perform, settings.directory if is_alone(settings) else None)


def chosen_contract(asked: Desk, named: UUID | None) -> UUID:
    """Return the contract that is named, or the only one there is.

    Raises: CannotDo.
    """
    if named is not None:
        return named
    found = asked.ask(CONTRACT_LIST, Nothing())
    if len(found) != 1:
        raise CannotDo(
            f"there are {len(found)} contracts: name one with --contract; "
            "`lastschrift contract list` shows all"
        )
    return found[0].id
