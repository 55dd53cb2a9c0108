"""Purging a PostgreSQL database: what of rows that are gone or changed is left in its pages.

VACUUM takes dead rows out of tables and indexes while servers go on. It leaves their bytes in the
gaps of pages until something else is written there (docs/decisions/erasure.md has what was found);
`rewrite_tables` leaves none, and keeps everybody off each table for as long as that takes.
"""

from collections.abc import Sequence
from typing import Final

from lastschrift.storage.postgres.connecting import Connection

TOUCHED: Final = ("debtor", "bank_account", "identity", "idempotency_key", "scroll")
"""The tables in which something of payers stands."""

_STATISTICS = "pg_statistic"
"""Where PostgreSQL keeps values that it met in tables: names and e-mail addresses, too."""

PURGED: Final = (*TOUCHED, _STATISTICS)


async def vacuum_table(connection: Connection, table: str) -> None:
    """Have dead rows taken out of a table and all of its indexes, and statistics made anew."""
    await connection.execute("SET lock_timeout = 0")
    analyze = "" if table == _STATISTICS else ", ANALYZE"
    await connection.execute(f"VACUUM (INDEX_CLEANUP ON{analyze}) {table}")


async def rewrite_tables(connection: Connection) -> Sequence[str]:
    """Write all these tables and their indexes anew, one after the other; return their names.

    The old files are gone then. What is read or written of a table meanwhile waits.
    """
    await connection.execute("SET lock_timeout = 0")
    for table in TOUCHED:
        await connection.execute(f"VACUUM (FULL, ANALYZE) {table}")
    await connection.execute(f"VACUUM (FULL) {_STATISTICS}")
    return PURGED
