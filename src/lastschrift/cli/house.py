"""What the commands need of the rooms that they don't know: storage, vault, APIs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import click

if TYPE_CHECKING:  # Help is shown without any of them.
    from lastschrift.operations.ports import Ports
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


class House(Protocol):
    """All rooms of one installation. Every method raises `CannotDo`."""

    def create_master_key(self, settings: Settings) -> None:
        """Make the master key, unless there is one already."""
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

    def serve(self, settings: Settings, started: Callable[[int], None]) -> None:
        """Serve until stopped; ``started`` is told the port once requests are answered."""
        ...

    def perform(self, settings: Settings, request: bytes) -> bytes:
        """Do one of `lastschrift.admin.verbs` without a server."""
        ...

    def check_database(self, settings: Settings) -> str:
        """Return what there is to say of a database that is whole and of this schema."""
        ...

    def check_keys(self, settings: Settings) -> str:
        """Return what there is to say of a master key that opens all keys in the database."""
        ...

    def check_sqlite(self) -> str:
        """Return what there is to say of the SQLite library, if it is safe to use."""
        ...
