"""Bringing a database to this program's schema: forward only, numbered, each step whole or not.

A database carries our mark (``application_id``) and its schema's number (``user_version``), so that
another program's file, or one from a newer Lastschrift, is told by name and left alone.
"""

from importlib.resources import files

import apsw

APPLICATION_ID = 0x4C736368  # "Lsch"


class SchemaError(Exception):
    """The database can't be used as it is."""


class SchemaTooOld(SchemaError):
    """The database lacks migrations that this program needs."""

    def __init__(self, found: int, needed: int) -> None:
        super().__init__(
            f"the database has schema {found}, this program needs {needed}: "
            "run `lastschrift migrate`"
        )
        self.found = found
        self.needed = needed


class SchemaTooNew(SchemaError):
    """The database was written by a newer program."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"the database has schema {found}, this program knows {known}: "
            "run the newer Lastschrift that wrote it"
        )
        self.found = found
        self.known = known


class NotOurDatabase(SchemaError):
    """The file is another program's database."""

    def __init__(self) -> None:
        super().__init__("the database belongs to another program: name another file")


def newest_schema() -> int:
    """Return the number of the last migration there is."""
    return max(_scripts())


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
    found, newest = schema_of(connection), newest_schema()
    if found > newest:
        raise SchemaTooNew(found, newest)
    if found < newest:
        raise SchemaTooOld(found, newest)


def migrate(connection: apsw.Connection) -> list[str]:
    """Apply what is missing, each in a transaction of its own; return the names of what was.

    Raises: NotOurDatabase, SchemaTooNew.
    """
    found, newest = schema_of(connection), newest_schema()
    if found > newest:
        raise SchemaTooNew(found, newest)
    applied = []
    for number, (name, script) in sorted(_scripts().items()):
        if number > found:
            _apply(connection, number, script)
            applied.append(name)
    return applied


def _apply(connection: apsw.Connection, number: int, script: str) -> None:
    with connection:
        connection.execute(script)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", number)


def _scripts() -> dict[int, tuple[str, str]]:
    """Return number -> (name, text) of every script beside this file."""
    return {
        int(script.name[:4]): (script.name.removesuffix(".sql"), script.read_text("utf-8"))
        for script in files(__name__).iterdir()
        if script.name.endswith(".sql")
    }
