"""How a command has something done, whether a server runs or not."""

import os
from pathlib import Path

from lastschrift.admin.desk import Desk
from lastschrift.cli.holding import is_alone
from lastschrift.cli.house import House
from lastschrift.cli.installing import require_database
from lastschrift.settings import Settings


def desk(house: House, directory: Path) -> Desk:
    """Return the desk of an installation.

    Raises: SettingsWrong.
    """
    settings = Settings.load(directory, os.environ)

    def perform(request: bytes) -> bytes:
        require_database(house, settings)
        return house.perform(settings, request)

    return Desk(perform, settings.directory if is_alone(settings) else None)
