"""Bringing a SQLite database to this program's schema; each step whole or not at all.

Our mark is the file's ``application_id``, its schema's number the ``user_version``.
"""

from collections.abc import Callable, Mapping
from contextlib import closing

import apsw

from lastschrift.storage.schema import (
    Migration,
    NotOurDatabase,
    check_schema_number,
    migrations_in,
    steps_after,
)
from lastschrift.storage.sqlite.migrations.chaining import chain_entries
from lastschrift.storage.sqlite.migrations.folding import fill_folded

APPLICATION_ID = 0x4C736368  # "Lsch"


_FILLS: Mapping[int, Callable[[apsw.Connection], None]] = {4: fill_folded, 6: chain_entries}
"""What fills new columns behind the script of a step, in its transaction."""


def newest_schema() -> int:
    """Return the number of the last migration there is."""
    return max(migrations_in(__name__))


def schema_of(connection: apsw.Connection) -> int:
    """Return a database's schema number, 0 if it is empty.

    Raises: NotOurDatabase.
    """
    mark = connection.pragma("application_id")
    if mark == APPLICATION_ID:
        return int(connection.pragma("user_version"))
    if connection.execute("SELECT count(*) FROM sqlite_schema").get:
        raise NotOurDatabase
    return 0


def check_schema(connection: apsw.Connection) -> None:
    """Raise, in this order: NotOurDatabase, SchemaTooNew, SchemaTooOld."""
    check_schema_number(schema_of(connection), newest_schema())


def lacks_of_schema(connection: apsw.Connection) -> list[str]:
    """Return the names of the tables and indexes that are missing, or are not as we make them.

    SQLite's own checks know of none that is not there, and without a unique index doubles come in.
    """
    with closing(apsw.Connection(":memory:")) as fresh:
        migrate(fresh)
        wanted = set(fresh.execute(_DEFINITIONS))
    return sorted(str(name) for name, _ in wanted.difference(connection.execute(_DEFINITIONS)))


_DEFINITIONS = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"


def migrate(connection: apsw.Connection) -> list[str]:
    """Apply what is missing, each in a transaction of its own; return the names of what was.

    Raises: NotOurDatabase, SchemaTooNew.
    """
    missing = steps_after(schema_of(connection), migrations_in(__name__))
    for step in missing:
        _apply(connection, step)
    return [step.name for step in missing]


def _apply(connection: apsw.Connection, step: Migration) -> None:
    """Apply a step with references unchecked, or no table could be written anew; check them after.

    What an index is sorted by goes to a file: in memory it is a gigabyte for ten million accounts.

    Raises: apsw.ConstraintError.
    """
    kept_in = connection.pragma("temp_store")
    connection.pragma("temp_store", "file")
    connection.pragma("foreign_keys", "off")
    try:
        with connection:
            connection.execute(step.script)
            if step.number in _FILLS:
                _FILLS[step.number](connection)
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise apsw.ConstraintError(f"migration {step.name} breaks {len(broken)} references")
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", step.number)
    finally:
        connection.pragma("foreign_keys", "on")
        connection.pragma("temp_store", kept_in)
