"""Making an installation, and telling what a directory is.

An installation is made in three steps: settings, master key, database. Each appears whole or not at
all, and the database comes last; so whatever was interrupted is gone on with by doing the same
again, and a directory with a database is finished.
"""

import os
import shutil
from pathlib import Path

import msgspec

from lastschrift.cli.house import CannotDo, Fill, House
from lastschrift.placing import part_of, put_in_place
from lastschrift.settings import (
    CONFIG_FILE,
    InstallationKind,
    Listen,
    Settings,
    database_at,
    write_config,
)

_COMMAND_BY_KIND = {
    InstallationKind.SANDBOX: "lastschrift sandbox",
    InstallationKind.PRODUCTION: "lastschrift serve",
}


def make_directory(directory: Path) -> None:
    """Make the directory, for its owner only, if it is not there.

    Raises: OSError.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_config(directory: Path, kind: InstallationKind, database: str | None) -> None:
    """Write the settings file, if there is none; ``database`` instead of a file beside it.

    Raises: CannotDo: a database is there, whose settings got lost.
    """
    config = directory / CONFIG_FILE
    if config.exists():
        return
    if (directory / "lastschrift.db").exists():
        raise CannotDo(f"{directory} has a database, but no {CONFIG_FILE}; put that back")
    place = part_of(config)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    put_in_place(write_config(place, kind, database), config)
    place.rmdir()


def load_settings(
    directory: Path,
    kind: InstallationKind,
    *,
    port: int | None = None,
    database: str | None = None,
) -> Settings:
    """Return the settings of an installation of this kind; ``port`` instead of the one set.

    Raises: SettingsWrong; CannotDo: another kind, or another database than the one that is wanted.
    """
    settings = Settings.load(directory, os.environ)
    if settings.kind is not kind:
        raise CannotDo(
            f"{directory} is a {settings.kind.value} installation: "
            f"{_COMMAND_BY_KIND[settings.kind]} runs it; or name another directory with --data"
        )
    if database is not None and database_at(database, settings.directory) != settings.database:
        raise CannotDo(
            f"{directory} keeps its data at {settings.database}: change the setting database, "
            "or name another directory with --data"
        )
    if port is None:
        return settings
    return msgspec.structs.replace(settings, listen=Listen(settings.listen.host, port))


def finish(house: House, settings: Settings, fill: Fill | None) -> bool:
    """Make the master key and the database, if there is none; return whether they were made.

    Raises: CannotDo.
    """
    if has_database(house, settings):
        return False
    house.create_master_key(settings)
    house.create_database(settings, fill)
    return True


def require_database(house: House, settings: Settings) -> None:
    """Let an installation pass that is finished.

    Raises: CannotDo.
    """
    if not has_database(house, settings):
        raise CannotDo(
            f"there is no database at {settings.database}; "
            "lastschrift init makes one, or put it back from its copy"
        )


def has_database(house: House, settings: Settings) -> bool:
    """Whether there is a database; it must be for what the settings say.

    Raises: CannotDo.
    """
    kind = house.database_kind(settings)
    if kind not in (None, settings.kind):
        raise CannotDo(
            f"{settings.directory}: {CONFIG_FILE} says {settings.kind.value}, the database says "
            f"{kind.value}; put back the one that belongs here"
        )
    return kind is not None
