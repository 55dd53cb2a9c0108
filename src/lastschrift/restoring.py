"""Restoring an installation from a backup: storage and vault meet here."""

# ruff: noqa: PLC0415  # a command waits for no room that it does not enter (`lastschrift.main`)

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lastschrift.cli.house import CannotDo, Restoring
from lastschrift.opening import all_keys, told
from lastschrift.placing import part_of, put_in_place
from lastschrift.settings import SqliteDatabase

if TYPE_CHECKING:
    from lastschrift.settings import Settings
    from lastschrift.storage.sqlite.installation import SqliteInstallation

Progress = Callable[[str, str, int, int], None]


def restore(
    settings: Settings, restoring: Restoring, progress: Progress
) -> tuple[Sequence[str], Path | None]:
    """Put a backup in the place of the database, once its keys have been opened.

    Return the names of the migrations that it got, and where the database before it is kept.

    Raises: CannotDo; OSError.
    """
    from lastschrift.storage.sqlite.restoring import restore_backup
    from lastschrift.vault.keyring import KeyVault
    from lastschrift.vault.master_key import load_master_key

    if not isinstance(settings.database, SqliteDatabase):
        raise CannotDo(f"{settings.database} is no file, so no backup can take its place")
    given, place = restoring.master_key_file, settings.master_key_file
    _require_one_key(given, place)
    with told():
        vault = KeyVault(load_master_key(given or place))

        def settle(database: SqliteInstallation) -> None:
            for contract, keys in database.read(all_keys).items():
                vault.unlock(contract, keys)
            if given is not None:
                _put_master_key(given, place)

        restored = restore_backup(
            restoring.backup,
            settings.database.path,
            settle,
            partial(progress, "unpacking", restoring.backup.name),
            kind=settings.kind.value,
            is_migrated=restoring.is_migrated,
        )
    return restored.applied, restored.kept


def _require_one_key(given: Path | None, place: Path) -> None:
    """Let a master key pass where there is none yet, or the same.

    Raises: CannotDo; OSError.
    """
    if given is None:
        if not place.exists():
            raise CannotDo(f"there is no master key at {place}; name one with --master-key-file")
    elif place.exists() and place.read_bytes() != given.read_bytes():
        raise CannotDo(
            f"{place} is another master key than {given}; "
            "leave out --master-key-file, or move the one away that does not belong here"
        )


def _put_master_key(given: Path, place: Path) -> None:
    """Give the installation its copy of the master key, for its owner only."""
    if place.exists():
        return
    part = part_of(place)
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(given.read_bytes())
    put_in_place(part, place)
