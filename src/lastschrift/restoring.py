"""Backing up an installation, and restoring it: storage and vault meet here."""

# ruff: noqa: PLC0415  # a command waits for no room that it does not enter (`lastschrift.main`)

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lastschrift.cli.house import CannotDo, Restored, Restoring
from lastschrift.opening import all_keys, master_key_source, told
from lastschrift.placing import part_of, put_in_place
from lastschrift.settings import SqliteDatabase

if TYPE_CHECKING:
    from lastschrift.operations.ports import Erasure
    from lastschrift.settings import InstallationKind, Settings
    from lastschrift.storage.sqlite.backup import Unpack
    from lastschrift.storage.sqlite.installation import SqliteInstallation
    from lastschrift.vault.keyring import KeyVault
    from lastschrift.vault.master_key import MasterKey

Progress = Callable[[str, str, int, int], None]


def back_up(settings: Settings, backup: Path, progress: Progress) -> tuple[int, str]:
    """Write an encrypted backup of the database; return its length and its SHA-256.

    Raises: CannotDo; OSError.
    """
    from lastschrift.storage.sqlite.installation import SqliteInstallation
    from lastschrift.vault.sealed_file import FileSealer

    if not isinstance(settings.database, SqliteDatabase):
        raise CannotDo(f"{settings.database} is no file, so no backup is made of it")
    database = settings.database.path
    about = {"kind": settings.kind.value, "created": datetime.now(UTC).isoformat()}
    with told():
        seal = FileSealer(master_key_source(settings).load(), about)
        written = SqliteInstallation(database).back_up(
            backup, seal, partial(progress, "backing up", database.name)
        )
    return written.bytes_total, written.sha256


def backup_kind(backup: Path) -> InstallationKind:
    """Return what the installation was made for that a backup is of.

    Raises: CannotDo; OSError.
    """
    from lastschrift.settings import InstallationKind
    from lastschrift.storage.sqlite.plain_backup import is_plain
    from lastschrift.storage.sqlite.restoring import kind_of_plain_backup
    from lastschrift.vault.sealed_file import NoSealedFile, read_header

    with told():
        if is_plain(backup):
            return InstallationKind(kind_of_plain_backup(backup))
    with backup.open("rb") as file:
        try:
            return InstallationKind(read_header(file).about["kind"])
        except (NoSealedFile, KeyError, ValueError):
            raise CannotDo(_NO_BACKUP.format(backup)) from None


_NO_BACKUP = "{}: is no backup of Lastschrift's, or only a part of one; take another backup"
_DAMAGED = "{}: is damaged, or only a part of one; take another backup"
_KEY_GONE = (
    "{0} needs version {1} of the master key, which is not there any more: it is past its time, or "
    "name a copy of the key from then with --master-key-file"
)
_KEY_REFUSED = "the master key does not open {0}: put back the key that belongs to it"


@contextmanager
def _opened(backup: Path, master: MasterKey) -> Iterator[Unpack]:
    """Return what unpacks a backup, and tell what is wrong with that for as long as a block takes.

    Raises: CannotDo; OSError.
    """
    from lastschrift.storage.sqlite.backup import open_backup
    from lastschrift.storage.sqlite.plain_backup import is_plain, unpack_plain
    from lastschrift.vault.master_key import MasterVersionUnknown
    from lastschrift.vault.sealed_file import (
        SEALED_EXTRA_BYTES,
        FileBroken,
        FileKeyRefused,
        FileOpener,
        NoSealedFile,
        read_header,
    )

    if is_plain(backup):
        yield partial(unpack_plain, backup)
        return
    try:
        with backup.open("rb") as file:
            header, first = read_header(file), file.tell()
        opener = FileOpener(master, header)
        yield open_backup(backup, first, opener, SEALED_EXTRA_BYTES)
    except NoSealedFile:
        raise CannotDo(_NO_BACKUP.format(backup)) from None
    except FileBroken:
        raise CannotDo(_DAMAGED.format(backup)) from None
    except FileKeyRefused:
        raise CannotDo(_KEY_REFUSED.format(backup)) from None
    except MasterVersionUnknown as fact:
        raise CannotDo(_KEY_GONE.format(backup, fact.version)) from None


def restore(settings: Settings, restoring: Restoring, progress: Progress) -> Restored:
    """Put a backup in the place of the database, once its keys have been opened.

    Who was erased since it was made is erased in it before.

    Raises: CannotDo; OSError.
    """
    from lastschrift.storage.sqlite.plain_backup import is_plain
    from lastschrift.storage.sqlite.restoring import restore_backup
    from lastschrift.vault.keyring import KeyVault

    if not isinstance(settings.database, SqliteDatabase):
        raise CannotDo(f"{settings.database} is no file, so no backup can take its place")
    with told():
        master = _master_key(settings, restoring.master_key_file)
        vault = KeyVault(master)
        log = _ErasureLogs(settings, restoring)

        def settle(database: SqliteInstallation) -> None:
            for contract, keys in database.read(all_keys).items():
                vault.unlock(contract, keys)
            log.replay(database, vault)
            if restoring.master_key_file is not None:
                _put_master_key(restoring.master_key_file, settings.master_key_file)

        with _opened(restoring.backup, master) as unpack:
            restored = restore_backup(
                restoring.backup,
                settings.database.path,
                unpack,
                settle,
                partial(progress, "unpacking", restoring.backup.name),
                kind=settings.kind.value,
                is_migrated=restoring.is_migrated,
            )
    return Restored(
        applied=restored.applied,
        kept=restored.kept,
        erased_again=log.erased_again,
        is_encrypted=not is_plain(restoring.backup),
    )


# --- erased again ---------------------------------------------------------------------------------


class _ErasureLogs:
    """The installation's own erasure log, and a copy of it that came with a backup.

    ``erased_again``: how many payers and accounts; None if there is no log.
    """

    def __init__(self, settings: Settings, restoring: Restoring) -> None:
        """Find the logs: a copy may lie beside that of the master key.

        Raises: CannotDo: the one that was named is not there.
        """
        self._own = settings.erasure_log
        self._copy = restoring.erasure_log
        if self._copy is not None and not self._copy.exists():
            raise CannotDo(f"there is no erasure log at {self._copy}")
        if self._copy is None and restoring.master_key_file is not None:
            self._copy = restoring.master_key_file.with_name(self._own.name)
        self.erased_again: int | None = None

    def replay(self, database: SqliteInstallation, vault: KeyVault) -> None:
        """Erase in a database what it does not know, and purge its file.

        Raises: CannotDo; OSError.
        """
        from lastschrift.storage.erasure_log import add_erasures, erasures_in

        logs = [log for log in (self._own, self._copy) if log is not None and log.exists()]
        if not logs:
            return
        own = erasures_in(self._own)
        further = [] if self._copy is None else erasures_in(self._copy)
        missing = [erasure for erasure in further if erasure not in set(own)]
        self.erased_again = asyncio.run(_erased_again(database, vault, [*own, *missing]))
        if missing:
            add_erasures(self._own, missing)


async def _erased_again(
    database: SqliteInstallation, vault: KeyVault, erasures: Sequence[Erasure]
) -> int:
    """Erase what a database does not know, and purge it; return how much was erased."""
    from lastschrift.operations.ports import Ports
    from lastschrift.operations.purge import purge
    from lastschrift.operations.replay_erasures import erase_again
    from lastschrift.system import RandomIds, SystemClock

    async with database.opened() as store:
        ports = Ports(store, vault, SystemClock(), RandomIds())
        erased = await erase_again(ports, erasures)
        purged = await purge(ports)
        while purged.place is not None:
            purged = await purge(ports, purged.place)
    return erased.debtors + erased.accounts


# --- the master key -------------------------------------------------------------------------------


def _master_key(settings: Settings, given: Path | None) -> MasterKey:
    """Return the installation's master key, or the one that is given for it.

    Raises: CannotDo; OSError; MasterKeyRefused.
    """
    from lastschrift.vault.master_key import load_master_key

    if settings.has_master_key_file:
        _require_one_key(given, settings.master_key_file)
    elif given is not None:
        raise CannotDo(
            f"the master key comes from {settings.master_key_place}; leave out --master-key-file"
        )
    return master_key_source(settings).load() if given is None else load_master_key(given)


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
