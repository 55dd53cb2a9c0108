"""The real program with a database that is slow, by so much for each row, as a process of its own.

So what a server can do at most depends on a clock, not on what else the machine has to do, and a
test needs no great load to ask for more. On PostgreSQL the database does it itself (`SLOW_ROWS`).
"""

import time
from pathlib import Path

import apsw

from lastschrift.main import main
from lastschrift.storage.sqlite import store
from lastschrift.storage.sqlite.connection import open_for_writing

ROW_S = 0.001

SLOW_ROWS = """
CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.004); RETURN NULL; END $$;
CREATE TRIGGER slow AFTER INSERT ON bank_account FOR EACH ROW EXECUTE FUNCTION be_slow()
"""


def open_slowly(path: Path) -> apsw.Connection:
    """Open a database whose COMMIT takes a time for each row."""
    connection = open_for_writing(path)
    committed = connection.total_changes()

    def commit() -> bool:
        nonlocal committed
        rows = connection.total_changes() - committed
        committed += rows
        time.sleep(rows * ROW_S)
        return False

    connection.set_commit_hook(commit)
    return connection


if __name__ == "__main__":
    store.open_for_writing = open_slowly  # type: ignore[attr-defined]  # the one that is slow
    main()
