"""What a database keeps, as the canary's tests meet it: damaged, and read past every program."""

import subprocess
from contextlib import closing
from pathlib import Path
from typing import Protocol

import apsw

from tests.postgres import PostgresServer, execute, name_in

_MUCH_OF_NOTHING = bytes(64)
"""What fills the gaps in PostgreSQL's files: most of them, and nothing is lost without it."""


class Kept(Protocol):
    """The database of one installation."""

    def damage(self) -> None:
        """Make rows such that they can't be read, and let no more debtors be kept."""
        ...

    def files(self) -> dict[str, bytes]:
        """Return all that has been written so far, by the names of the files."""
        ...

    def copied(self) -> dict[str, bytes]:
        """Return what a copy of the database holds, made by the engine's own means."""
        ...


class KeptInFiles:
    """A database of SQLite."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def damage(self) -> None:
        with closing(apsw.Connection(str(self._directory / "lastschrift.db"))) as database:
            database.set_busy_timeout(10_000)
            database.execute(
                "UPDATE bank_account SET iban_sealed = randomblob(40), created = 1 << 62;"
                "CREATE TRIGGER no_more BEFORE INSERT ON debtor"
                " BEGIN SELECT RAISE(ABORT, 'no more'); END"
            )

    def files(self) -> dict[str, bytes]:
        return {
            path.suffix.removeprefix("."): path.read_bytes()
            for path in self._directory.glob("lastschrift.db*")
        }

    def copied(self) -> dict[str, bytes]:
        with closing(apsw.Connection(str(self._directory / "lastschrift.db"))) as database:
            database.set_busy_timeout(10_000)
            database.execute("VACUUM INTO ?", (str(self._directory / "copy.db"),))
        return {"copy": (self._directory / "copy.db").read_bytes()}


class KeptOnServer:
    """A database of PostgreSQL."""

    def __init__(self, server: PostgresServer, url: str) -> None:
        self._server = server
        self._url = url

    def damage(self) -> None:
        execute(self._url, "UPDATE bank_account SET created = '290000-01-01'")
        execute(self._url, "ALTER TABLE debtor ADD CHECK (false) NOT VALID")

    def files(self) -> dict[str, bytes]:
        """Return the tables, the log that they are restored from, and the log that people read."""
        execute(self._url, "CHECKPOINT")
        found = f"SELECT oid FROM pg_database WHERE datname = '{name_in(self._url)}'"
        ((oid,),) = execute(self._url, found)
        data = self._server.directory / "data"
        return {
            "tables": b"".join(map(_read, (data / "base" / str(oid)).iterdir())),
            "write-ahead log": b"".join(map(_read, (data / "pg_wal").glob("0*"))),
            "server's log": _read(self._server.directory / "log"),
        }

    def copied(self) -> dict[str, bytes]:
        dump = [str(self._server.programs / "pg_dump"), "--dbname", self._url]
        return {"dump": subprocess.run(dump, check=True, capture_output=True).stdout}


def _read(path: Path) -> bytes:
    return path.read_bytes().replace(_MUCH_OF_NOTHING, b"")
