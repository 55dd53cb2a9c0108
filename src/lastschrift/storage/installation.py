"""The database of an installation, whichever engine keeps it: made, marked, looked at, taken away.

A database says itself what it was made for, so that no command takes a sandbox for production or
the other way round, whatever the settings beside it say.
"""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol, TypeVar

from lastschrift.operations.ports import Reader, Store
from lastschrift.storage.chaining import Heads
from lastschrift.storage.jobs import Observer
from lastschrift.storage.schema import SchemaError
from lastschrift.storage.transfer import Source, Tables, TablesInUse, Target

T = TypeVar("T")

Fill = Callable[[Store], Coroutine[Any, Any, None]]
"""Puts the first things into a new database."""


class DatabaseRefused(Exception):
    """The database can't be used: ``place`` says which, ``fact`` why, ``remedy`` what to do."""

    def __init__(self, place: object, fact: str, remedy: str) -> None:
        super().__init__(f"{place}: {fact}; {remedy}")
        self.place = place
        self.fact = fact


@contextmanager
def naming(place: object) -> Iterator[None]:
    """Say of which database a fact is, where there are two of them.

    Raises: DatabaseRefused, instead of SchemaError.
    """
    try:
        yield
    except SchemaError as error:
        raise DatabaseRefused(place, error.fact, error.remedy) from None


class OpenStore(Store, Protocol):
    """A store that tells how busy it is."""

    @property
    def queue_depth(self) -> int:
        """How many jobs wait for the next commit."""
        ...

    @property
    def audit_heads(self) -> Heads:
        """How far the chains of the audit trail have come that are written here."""
        ...


class Installation(Protocol):
    """One database. Every method raises `DatabaseRefused` or `SchemaError`."""

    def create(self, kind: str, fill: Fill | None) -> None:
        """Make the database: migrated, filled, marked as ``sandbox`` or ``production``."""
        ...

    def kind(self) -> str | None:
        """Return what the database was made for; None if there is none."""
        ...

    def migrate(self) -> list[str]:
        """Apply what is missing, and return the names of what was; each step whole or not."""
        ...

    def check(self) -> str:
        """Look for what is wrong, and return what there is to say where nothing is."""
        ...

    def check_structure(self) -> str:
        """Look at everything that the engine knows of its own order; that takes a while."""
        ...

    def read(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Return what a query finds, while no store is open here."""
        ...

    def delete(self) -> None:
        """Take the database away, with all that is in it; nothing happens if there is none."""
        ...

    def opened(
        self, *, queue_limit: int, observe: Observer
    ) -> AbstractAsyncContextManager[OpenStore]:
        """Open the store; close it when the block ends."""
        ...

    def as_source(self) -> AbstractAsyncContextManager[Source]:
        """Let nobody write what there is, until the block ends; it must have this schema."""
        ...

    def as_snapshot(self) -> AbstractAsyncContextManager[Tables]:
        """Read all as it is now, whoever writes on; it must have this schema."""
        ...

    def as_it_is(self) -> AbstractAsyncContextManager[TablesInUse]:
        """Read piece by piece, whoever writes on; each piece is as it is when it is read."""
        ...

    def as_target(self) -> AbstractAsyncContextManager[Target]:
        """Make the database by adding rows, alone; what an earlier attempt left is still there.

        Raises: AlreadyInstalled: there is a finished one.
        """
        ...
