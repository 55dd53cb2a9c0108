"""Bringing a PostgreSQL database to this program's schema; each step whole or not at all.

Our tables stand in the first schema of the role's search path. Our mark is the comment on the table
``schema_version``. Of two who migrate at once, one does it and the other waits.
"""

import re
from collections.abc import Awaitable, Callable, Mapping

import asyncpg

from lastschrift.storage.postgres.connecting import Connection
from lastschrift.storage.postgres.migrations.chaining import chain_entries
from lastschrift.storage.postgres.migrations.folding import fill_folded
from lastschrift.storage.schema import (
    Migration,
    NotOurDatabase,
    check_schema_number,
    migrations_in,
    steps_after,
)

_MARK = "Lastschrift"

_ONE_AT_A_TIME = 0x4C736368  # "Lsch": the advisory lock of whoever changes the schema

_TABLES = """
SELECT c.relname AS name, obj_description(c.oid, 'pg_class') AS mark
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
"""
"""What stands in our schema, views too, but for what belongs to an extension."""

_NUMBER = "SELECT max(number) FROM schema_version"
_APPLIED = "INSERT INTO schema_version (number, name) VALUES ($1, $2)"

_FILLS: Mapping[int, Callable[[Connection], Awaitable[None]]] = {4: fill_folded, 6: chain_entries}
"""What fills new columns behind the script of a step, in its transaction."""


def newest_schema() -> int:
    """Return the number of the last migration there is."""
    return max(migrations_in(__name__))


async def schema_of(connection: Connection) -> int:
    """Return a database's schema number, 0 if nothing stands in it.

    Raises: NotOurDatabase.
    """
    mark_by_table = dict(await connection.fetch(_TABLES))
    if not mark_by_table:
        return 0
    if mark_by_table.get("schema_version") != _MARK:
        raise NotOurDatabase
    return int(await connection.fetchval(_NUMBER))


async def check_schema(connection: Connection) -> None:
    """Raise, in this order: NotOurDatabase, SchemaTooNew, SchemaTooOld."""
    check_schema_number(await schema_of(connection), newest_schema())


async def lacks_of_schema(connection: Connection) -> list[str]:
    """Return the names of the indexes and triggers that are missing, or are switched off.

    Nothing says that they are: without a unique index doubles come in, and without its triggers
    the audit trail is changed by a mistake.
    """
    there = {name for (name,) in await connection.fetch(_GUARDS)}
    return sorted(_guards_made() - there)


def _guards_made() -> set[str]:
    """Return what the scripts of all steps make and do not take away again."""
    made: set[str] = set()
    for _, step in sorted(migrations_in(__name__).items()):
        for is_made, name in _MAKES_OR_DROPS.findall(step.script):
            (made.add if is_made else made.discard)(name)
    return made


_MAKES_OR_DROPS = re.compile(
    r"^(?:(CREATE)|DROP) (?:UNIQUE )?(?:INDEX|TRIGGER) (\w+)", re.MULTILINE
)

_GUARDS = """
WITH ours AS (
    SELECT oid, relname, relkind FROM pg_class WHERE relnamespace = current_schema()::regnamespace
)
SELECT relname FROM ours WHERE relkind IN ('i', 'I')
UNION ALL
SELECT tgname FROM pg_trigger
WHERE tgrelid IN (SELECT oid FROM ours) AND NOT tgisinternal AND tgenabled IN ('O', 'A')
"""
"""Indexes, and triggers that are on: not D, which is off, nor R, which is on in a replica only."""


async def migrate(connection: Connection) -> list[str]:
    """Apply what is missing, each in a transaction of its own; return the names of what was.

    Raises: NotOurDatabase, SchemaTooNew.
    """
    await lock_schema(connection)
    try:
        missing = steps_after(await schema_of(connection), migrations_in(__name__))
        for step in missing:
            await _apply(connection, step)
        return [step.name for step in missing]
    finally:
        await unlock_schema(connection)


async def lock_schema(connection: Connection) -> None:
    """Wait until nobody else changes the schema, and keep others from it; may be done twice."""
    await connection.execute("SET lock_timeout = 0")
    await connection.execute("SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME)


async def try_lock_schema(connection: Connection) -> bool:
    """Do as `lock_schema`, but wait no longer than for any lock; return whether it was done."""
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME)
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def unlock_schema(connection: Connection) -> None:
    """Let others change the schema."""
    if not connection.is_closed():
        await connection.execute("SELECT pg_advisory_unlock($1)", _ONE_AT_A_TIME)


async def drop_tables(connection: Connection) -> None:
    """Take all tables away that stand in our schema, with the views of them.

    Raises: NotOurDatabase.
    """
    async with connection.transaction():
        if await schema_of(connection) == 0:
            return
        names = await connection.fetchval(
            f"SELECT string_agg(quote_ident(name), ', ')"
            f" FROM ({_TABLES} AND c.relkind IN ('r', 'p')) no_views"
        )
        await connection.execute(f"DROP TABLE {names} CASCADE")


async def _apply(connection: Connection, step: Migration) -> None:
    async with connection.transaction():
        await connection.execute(step.script)
        if step.number in _FILLS:
            await _FILLS[step.number](connection)
        await connection.execute(_APPLIED, step.number, step.name)
