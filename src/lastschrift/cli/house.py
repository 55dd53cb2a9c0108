"""What the commands need of the rooms that they don't know: storage, vault, APIs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import click

if TYPE_CHECKING:  # Help is shown without any of them.
    from lastschrift.operations.ports import Ports
    from lastschrift.operations.ports.trail import PlacedEntry, SoughtEntries, TrailVerified
    from lastschrift.settings import (
        InstallationKind,
        PostgresDatabase,
        Settings,
        SqliteDatabase,
    )

Fill = Callable[["Ports"], Coroutine[Any, Any, None]]
"""Puts the first things into a new database."""


class CannotDo(click.ClickException):
    """A command can't do its work; the text is one line, and says what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """What to restore: a backup, and how.

    ``master_key_file`` is a copy of the key for an installation that has none; None, if it has.
    ``erasure_log`` is a copy of that log, to be gone by besides the installation's own.
    """

    backup: Path
    master_key_file: Path | None
    erasure_log: Path | None
    is_migrated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it: which migrations were applied, and where the database before it is kept.

    ``erased_again``: how many payers and accounts, by the erasure log; None if there is no log.
    """

    applied: Sequence[str]
    kept: Path | None
    erased_again: int | None
    is_encrypted: bool


class House(Protocol):
    """All rooms of one installation. Every method raises `CannotDo`."""

    def create_master_key(self, settings: Settings) -> None:
        """Make the master key, unless there is one already, or it comes from elsewhere."""
        ...

    def create_database(self, settings: Settings, fill: Fill | None) -> None:
        """Make the database: whole, migrated, marked, filled; or none at all."""
        ...

    def database_kind(self, settings: Settings) -> InstallationKind | None:
        """Return what the database was made for; None if there is none."""
        ...

    def delete_database(self, settings: Settings) -> None:
        """Take the database away, with all that is in it."""
        ...

    def migrate_database(self, settings: Settings) -> Sequence[str]:
        """Bring the database to this program's schema; return the names of the steps taken."""
        ...

    def copy_database(
        self,
        source: SqliteDatabase | PostgresDatabase,
        target: SqliteDatabase | PostgresDatabase,
        progress: Callable[[str, str, int, int], None],
    ) -> Sequence[tuple[str, int, str]]:
        """Copy all tables, or what is missing of them; return name, rows and checksum of each.

        ``progress`` is told what is done, with which table, how many rows are, and of how many.
        """
        ...

    def back_up(
        self,
        settings: Settings,
        backup: Path,
        progress: Callable[[str, str, int, int], None],
    ) -> tuple[int, str]:
        """Write an encrypted backup of a database in a file; return its length and its SHA-256.

        The database may be in use.

        ``progress`` is told what is done, with which file, how many bytes are, and of how many.
        """
        ...

    def backup_kind(self, backup: Path) -> InstallationKind:
        """Return what the installation was made for that a backup is of."""
        ...

    def restore(
        self,
        settings: Settings,
        restoring: Restoring,
        progress: Callable[[str, str, int, int], None],
    ) -> Restored:
        """Put a backup in the place of the database; all of it is checked before.

        Who was erased since the backup was made is erased again before.
        """
        ...

    def serve(self, settings: Settings, started: Callable[[int], None]) -> None:
        """Serve until stopped; ``started`` is told the port once requests are answered."""
        ...

    def perform(self, settings: Settings, request: bytes) -> bytes:
        """Do one of `lastschrift.admin.verbs` without a server."""
        ...

    def customer(self, customer_id: str) -> UUID:
        """Return the debtor that the secuconnect API calls so."""
        ...

    def container(self, container_id: str) -> UUID:
        """Return the bank account that the secuconnect API calls so."""
        ...

    def rewrite_tables(self, settings: Settings) -> Sequence[str]:
        """Write all tables with data of payers anew, on PostgreSQL; return their names."""
        ...

    def check_erasures(self, settings: Settings) -> str:
        """Return what there is to say of a database that knows all that the erasure log has."""
        ...

    def master_versions(self, settings: Settings) -> Sequence[int]:
        """Return the versions that the master key has."""
        ...

    def add_master_version(self, settings: Settings) -> int:
        """Add a version to the master key's file, and return it."""
        ...

    def write_master_version(self, settings: Settings, target: Path) -> int:
        """Write the master key with another version to a new file, and return that version."""
        ...

    def drop_master_versions(self, settings: Settings, kept: Collection[int]) -> Sequence[int]:
        """Take all versions out of that file but those ``kept``, and the newest."""
        ...

    def check_database(self, settings: Settings) -> str:
        """Return what there is to say of a database that is whole and of this schema."""
        ...

    def check_keys(self, settings: Settings) -> str:
        """Return what there is to say of a master key that opens all keys in the database."""
        ...

    def check_identity_providers(self, settings: Settings) -> str:
        """Return what there is to say of identity providers whose tokens can be taken."""
        ...

    def examine(
        self, settings: Settings, progress: Callable[[str, str, int, int], None]
    ) -> Sequence[tuple[str, Callable[[], str]]]:
        """Return checks that read all that the database holds, each under its subject."""
        ...

    def verify_audit(
        self,
        settings: Settings,
        anchor_lines: Iterable[str],
        progress: Callable[[str, str, int, int], None],
    ) -> TrailVerified:
        """Hold the whole audit trail against its chains, and these against all anchors in lines."""
        ...

    def anchor_audit(self, settings: Settings) -> Sequence[str]:
        """Return a line for each chain of the audit trail that says how far it has come."""
        ...

    def find_audited(self, settings: Settings, sought: SoughtEntries) -> Sequence[PlacedEntry]:
        """Return the entries of the audit trail that are sought, the newest first."""
        ...

    def check_sqlite(self) -> str:
        """Return what there is to say of the SQLite library, if it is safe to use."""
        ...
