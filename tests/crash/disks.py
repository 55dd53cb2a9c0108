"""A disk under SQLite that a test watches: each call is told before it is made, and may fail.

It is SQLite's own way to the file system (a VFS) in front of the real one, in the process of the
server (`tests.crash.machine`), so it needs no rights and no tools. What it can't see is the shared
memory of the log's index, which is not kept anyway.
"""

from pathlib import Path
from typing import NamedTuple

import apsw

REAL = "unix"
LOG = "-wal"

CHANGES = frozenset({"write", "sync", "truncate", "delete"})
"""The calls after which a file is not what it was, or is safer."""


class Call(NamedTuple):
    """What SQLite is about to have done to a file."""

    kind: str
    path: str
    offset: int = 0
    length: int = 0


class Watch:
    """Sees every call before it is made; `happened` after a sync that succeeded."""

    def about_to(self, call: Call) -> None:
        """Let the call be made; or raise what the disk says; or end the process."""

    def happened(self, call: Call) -> None:
        """Take note that a file has been synced."""


class Disk(apsw.VFS):
    """The files of the system, watched."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        super().__init__("watched", REAL, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        self._watch.about_to(Call("open", path))
        return _File(self._watch, path, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        self._watch.about_to(Call("delete", name))
        if Path(name).exists():  # SQLite does not mind that it is not there; apsw would raise it.
            super().xDelete(name, syncdir)


class _File(apsw.VFSFile):
    """One open file."""

    def __init__(
        self, watch: Watch, path: str, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        self._watch = watch
        self._path = path
        super().__init__(REAL, name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._watch.about_to(Call("read", self._path, offset, amount))
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._watch.about_to(Call("write", self._path, offset, len(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._watch.about_to(Call("truncate", self._path, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        call = Call("sync", self._path)
        self._watch.about_to(call)
        super().xSync(flags)
        self._watch.happened(call)

    def xLock(self, level: int) -> None:  # noqa: N802
        """Lock; who only reads can't, and does not mind: but apsw would raise all but "busy"."""
        try:
            super().xLock(level)
        except apsw.IOError as error:
            raise apsw.BusyError from error

    def xFileSize(self) -> int:  # noqa: N802
        self._watch.about_to(Call("size", self._path))
        return super().xFileSize()


# --- what a disk says -----------------------------------------------------------------------------


def full() -> apsw.Error:
    """Return what SQLite says where there is no space left (ENOSPC)."""
    return _said(apsw.FullError("no space left"), apsw.SQLITE_FULL)


def broken(kind: str) -> apsw.Error:
    """Return what SQLite says where a call of this kind fails (EIO)."""
    return _said(apsw.IOError(f"can't {kind}"), _EXTENDED_BY_KIND[kind])


_EXTENDED_BY_KIND = {
    "read": apsw.SQLITE_IOERR_READ,
    "write": apsw.SQLITE_IOERR_WRITE,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
    "size": apsw.SQLITE_IOERR_FSTAT,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "delete": apsw.SQLITE_IOERR_DELETE,
    "open": apsw.SQLITE_IOERR_ACCESS,
}


def _said(error: apsw.Error, extended: int) -> apsw.Error:
    vars(error)["extendedresult"] = extended  # how apsw is told the code by an exception of ours
    vars(error)["result"] = extended & 0xFF
    return error
