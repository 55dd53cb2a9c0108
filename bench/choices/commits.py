"""Ways of keeping rows in SQLite: where statements run, and what a statement asks for."""

import asyncio
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import apsw

from bench.choices.threaded_writer import ThreadedWriter
from lastschrift.operations.ports import Transaction
from lastschrift.storage.jobs import observe_nothing
from lastschrift.storage.sqlite.connection import open_for_writing
from lastschrift.storage.sqlite.writer import Writer

_CALLERS = 32
_REGISTRATIONS = 6_000
_ROWS = 16
_COMMITS = 250
_WORK_LOOPS = 1_500  # what parsing and encrypting one registration takes of the event loop
_NEVER = 1_000_000

_TABLE = """
CREATE TABLE kept (
    owner BLOB, id BLOB, mark BLOB, sealed BLOB, PRIMARY KEY (owner, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX kept_once ON kept (owner, mark);
"""

_numbers = itertools.count()


class _AnyWriter(Protocol):
    def submit_batched(self, operation: Any, make_command: Any) -> Any: ...  # noqa: ANN401  # both
    async def close(self) -> None: ...


@contextmanager
def _connection() -> Iterator[apsw.Connection]:
    with tempfile.TemporaryDirectory() as directory:
        connection = open_for_writing(Path(directory) / "kept.db")
        connection.execute(_TABLE)
        try:
            yield connection
        finally:
            connection.close()  # a second time does no harm


def _row() -> tuple[bytes, bytes, bytes, bytes]:
    number = next(_numbers)
    return b"owner".ljust(16), number.to_bytes(16, "big"), os.urandom(32), bytes(52)


def _insert_sql(rows: int) -> str:
    values = ", ".join(["(?, ?, ?, ?)"] * rows)
    return f"INSERT INTO kept SELECT * FROM (VALUES {values}) WHERE true ON CONFLICT DO NOTHING"


# --- where statements run -------------------------------------------------------------------------


def on_the_loop() -> float:
    """Time our writer's rounds in steps."""
    with _connection() as connection:
        return asyncio.run(_register(connection, _writer_in_steps))


def on_a_thread() -> float:
    """Time a writer that does everything on its thread."""
    with _connection() as connection:
        make = partial(ThreadedWriter, queue_limit=4096, observe=observe_nothing)
        return asyncio.run(_register(connection, make))


def _writer_in_steps(connection: apsw.Connection) -> Writer:
    """Return a writer that keeps no round in one step."""
    writer = Writer(connection, queue_limit=4096, observe=observe_nothing)
    writer._one_step._hope._left = _NEVER  # noqa: SLF001  # what is weighed here
    return writer


async def _register(
    connection: apsw.Connection, make_writer: Callable[[apsw.Connection], _AnyWriter]
) -> float:
    writer = make_writer(connection)

    async def keep(_transaction: Transaction, rows: Sequence[tuple[bytes, ...]]) -> list[None]:
        connection.execute(_insert_sql(len(rows)), [value for row in rows for value in row])
        return [None] * len(rows)

    started = time.perf_counter()
    await asyncio.gather(*(_call(writer, keep) for _ in range(_CALLERS)))
    spent = time.perf_counter() - started
    await writer.close()
    return spent / _REGISTRATIONS * 1e6


async def _call(writer: _AnyWriter, keep: object) -> None:
    for _ in range(_REGISTRATIONS // _CALLERS):
        sum(range(_WORK_LOOPS))
        await writer.submit_batched(keep, _row)


# --- what a statement asks for --------------------------------------------------------------------


def _commit_rows(pragma: str, sql: str) -> float:
    with _connection() as connection:
        connection.execute(pragma).fetchall()
        batches = [[v for _ in range(_ROWS) for v in _row()] for _ in range(_COMMITS)]
        started = time.perf_counter()
        for values in batches:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(sql, values).fetchall()
            connection.execute("COMMIT")
        return (time.perf_counter() - started) / (_COMMITS * _ROWS) * 1e6


def journal_in_memory() -> float:
    """Time rows with statements' undo journals in memory."""
    return _commit_rows("PRAGMA temp_store = MEMORY", _insert_sql(_ROWS))


def journal_in_files() -> float:
    """Time rows with statements' undo journals in files."""
    return _commit_rows("PRAGMA temp_store = FILE", _insert_sql(_ROWS))


def rows_counted() -> float:
    """Time rows that are only counted."""
    return journal_in_memory()


def rows_returned() -> float:
    """Time rows that the statement returns."""
    return _commit_rows("PRAGMA temp_store = MEMORY", _insert_sql(_ROWS) + " RETURNING id")
