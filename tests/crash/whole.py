"""Whether a database file is in order."""

from contextlib import closing
from pathlib import Path

from lastschrift.storage.sqlite.connection import open_for_reading


def integrity(database: Path) -> str:
    """Return what SQLite says about the order of a file: "ok", or what is wrong."""
    with closing(open_for_reading(database)) as connection:
        verdict: str = connection.execute("PRAGMA integrity_check").get
    return verdict
