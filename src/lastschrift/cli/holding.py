"""Who may have to do with an installation's database at a time.

A database in a file belongs to one process: whoever holds the directory's lock. One on a PostgreSQL
server keeps its own order, so that any number of servers and commands may work on it.
"""

from contextlib import AbstractContextManager, nullcontext

from lastschrift.admin.lock import Holder, hold
from lastschrift.settings import Settings, SqliteDatabase


def held(settings: Settings, holder: Holder) -> AbstractContextManager[None]:
    """Return what keeps others off the database for as long as a block takes.

    Raises, when it is entered: DirectoryInUse; OSError.
    """
    if is_alone(settings):
        return hold(settings.directory, holder)
    return nullcontext()


def is_alone(settings: Settings) -> bool:
    """Whether only one process may have the database open."""
    return isinstance(settings.database, SqliteDatabase)
