"""What an error of PostgreSQL, or of the way to it, means for who met it: a table by SQLSTATE.

Source: PostgreSQL's manual, appendix A, "PostgreSQL Error Codes".
"""

from enum import Enum

import asyncpg


class Failure(Enum):
    """What to do about an error."""

    LOST = "the connection, or what it led to: connect again, and run it again"
    AGAIN = "the transaction stood in another's way: run it again"
    LOCKED = "another transaction holds for long a row that this one needs: tell so"
    CLOSED = "somebody holds a whole table for long, as who copies it does: tell so"
    UNABLE = "the database can't do its work just now: tell so"
    OWN = "the statement or its values are wrong: whoever sent them is told"


_LOCK_NOT_AVAILABLE = "55P03"
"""`lock_timeout` has passed. Of a row, or a key, the context tells; of a table there is none."""

_FAILURE_BY_STATE = {
    "40003": Failure.LOST,  # statement_completion_unknown
    "25006": Failure.LOST,  # read_only_sql_transaction: no longer the primary
    "57P01": Failure.LOST,  # admin_shutdown
    "57P02": Failure.LOST,  # crash_shutdown
    "57P03": Failure.LOST,  # cannot_connect_now
    "57P04": Failure.LOST,  # database_dropped
    "57P05": Failure.LOST,  # idle_session_timeout
    "25P03": Failure.LOST,  # idle_in_transaction_session_timeout
    "25P04": Failure.LOST,  # transaction_timeout
    "42501": Failure.UNABLE,  # insufficient_privilege
}

_FAILURE_BY_CLASS = {
    "08": Failure.LOST,  # connection exception
    "28": Failure.UNABLE,  # invalid authorization
    "40": Failure.AGAIN,  # transaction rollback: deadlock, serialization failure
    "53": Failure.UNABLE,  # insufficient resources: disk full, out of memory, connections
    "55": Failure.UNABLE,  # object not in prerequisite state
    "57": Failure.UNABLE,  # operator intervention: somebody set a statement timeout
    "58": Failure.UNABLE,  # system error: I/O
    "XX": Failure.UNABLE,  # internal error: data corrupted
}


def failure_of(error: BaseException) -> Failure:
    """Return what an error means."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        if state == _LOCK_NOT_AVAILABLE:
            return Failure.CLOSED if error.context is None else Failure.LOCKED
        by_class = _FAILURE_BY_CLASS.get(state[:2], Failure.OWN)
        return _FAILURE_BY_STATE.get(state, by_class)
    if isinstance(error, asyncpg.DataError):  # a value that its column can't hold
        return Failure.OWN
    if isinstance(error, (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)):
        return Failure.LOST
    return Failure.OWN
