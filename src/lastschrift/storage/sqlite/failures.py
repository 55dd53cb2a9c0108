"""What an error of SQLite means for who met it.

Source: sqlite.org/rescode.html; apsw has a class of exceptions for each primary code.
"""

import logging
import os

import apsw

_LOG = logging.getLogger(__name__)

_UNABLE = (
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.FullError,
    apsw.IOError,
    apsw.LockedError,
    apsw.NoMemError,
    apsw.NotADBError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    apsw.ReadOnlyError,
)
"""The file can't be used just now: whoever wants something of it is told so, and comes back."""

_NOT_KEPT = (apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC)
"""The disk took something and then could not keep it."""

EXIT_CODE = os.EX_IOERR
"""With what a process ends whose disk has not kept what it took: 74, input/output error."""


def is_unable(error: apsw.Error) -> bool:
    """Whether the file can't be used just now; else the statement or its values are wrong."""
    return isinstance(error, _UNABLE)


def end_if_not_kept(error: BaseException) -> None:
    """End this process at once if the disk has not kept what it took (an fsync that failed).

    Linux then takes for written what is not, so that the next fsync succeeds, and what is read
    shows rows that a power cut takes away. Nobody may be told anything that rests on such a file;
    who opens it anew moves it whole onto the disk first (docs/decisions/disk-errors.md).
    """
    if isinstance(error, apsw.IOError) and getattr(error, "extendedresult", 0) in _NOT_KEPT:
        _LOG.critical("the disk has not kept what was written (fsync failed); this process ends")
        os._exit(EXIT_CODE)
