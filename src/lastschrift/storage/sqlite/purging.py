"""Purging a database file: what SQLite leaves where nothing stands in a page.

``secure_delete`` overwrites what is deleted, and pages that become free. But when SQLite divides a
page, rows that move to another one stay readable in the gap between the old one's pointers and its
contents; and VACUUM leaves copies in free blocks as well. When such a row is deleted, only its own
place is overwritten (docs/decisions/erasure.md has what was seen with SQLite 3.54). Nobody ever
reads a gap, so it may be overwritten whenever nobody writes the page.
Source: sqlite.org/fileformat2.html §1.6, "B-tree Pages".
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from struct import Struct as Layout

import apsw

from lastschrift.domain.errors import StoreFailed
from lastschrift.operations.ports import PurgeStep
from lastschrift.storage.sqlite.failures import end_if_not_kept

PIECE_PAGES = 1_000
"""Looked through in some 10 ms, in which nothing is committed."""

_PAGE_BYTES = 4096
_PAGES_MAX = 2 << 24
"""From here on (128 GiB) the first byte of other kinds of pages may look like one of a tree's."""

_FILE_HEADER_BYTES = 100
_HEADER = Layout(">BHHH")
"""Kind of the page, its first free block, how many cells it has, and where their contents begin."""

_FREE_BLOCK = Layout(">HH")
"""Where the next free block begins, and how long this one is."""

_HEADER_BYTES_BY_KIND = {2: 12, 5: 12, 10: 8, 13: 8}
"""Interior and leaf pages, of indexes and of tables."""

_VFS = "lastschrift-purging"


class _File(apsw.VFSFile):
    """A database file that is read and written past its pages' cache."""

    def __init__(self, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)


class _Files(apsw.VFS):
    """Opens files as SQLite does, so that its locks hold, and remembers the databases."""

    def __init__(self) -> None:
        super().__init__(_VFS, "")
        self.databases: list[_File] = []

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:  # noqa: N802  # apsw's name
        """Open a file."""
        file = _File(name, flags)
        if flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            self.databases.append(file)
        return file


class PurgeErrand:
    """A piece of purging that somebody else does when it can be done."""

    def __init__(self, path: Path, first: int) -> None:
        self._path = path
        self._first = first
        self._done: PurgeStep | None = None
        self._failure: apsw.Error | None = None

    def __call__(self, writing: apsw.Connection) -> None:
        """Do it; what goes wrong is kept."""
        try:
            self._done = purge_pages(writing, self._path, self._first)
        except apsw.BusyError:
            return
        except apsw.Error as failure:
            end_if_not_kept(failure)
            self._failure = failure

    def result(self) -> PurgeStep:
        """Return what came of it, once it should be done.

        Raises: StoreFailed.
        """
        if self._failure is not None:
            raise StoreFailed from self._failure
        if self._done is not None:
            return self._done
        return PurgeStep(following=self._first, done=self._first, total=0, is_blocked=True)


def purge_pages(writing: apsw.Connection, path: Path, first: int) -> PurgeStep:
    """Overwrite the gaps of some pages from ``first`` on; ``writing`` is in no transaction.

    The log is emptied before, so that all pages are in the file and none can be written.

    Raises: apsw.BusyError: somebody reads for long; apsw.Error.
    """
    writing.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    with _alone(path) as file:
        total = file.xFileSize() // _PAGE_BYTES
        end = min(first + PIECE_PAGES, total)
        if total < _PAGES_MAX:
            for page in range(first, end):
                _purge_page(file, page)
        file.xSync(apsw.SQLITE_SYNC_NORMAL)
    writing.pragma("shrink_memory")  # Pages that it has read before would bring back their gaps.
    return PurgeStep(following=end if end < total else None, done=end, total=total)


@contextmanager
def _alone(path: Path) -> Iterator[_File]:
    """Open a database file, and keep everybody else from writing it until the block ends.

    Raises: apsw.BusyError: somebody was quicker, and has written something into the log.
    """
    files = _Files()
    flags = apsw.SQLITE_OPEN_READWRITE
    with closing(apsw.Connection(str(path), flags=flags, vfs=_VFS)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        log = path.with_name(f"{path.name}-wal")
        if log.stat().st_size:
            raise apsw.BusyError
        yield files.databases[0]
        connection.execute("ROLLBACK")


def _purge_page(file: _File, page: int) -> None:
    content = file.xRead(_PAGE_BYTES, page * _PAGE_BYTES)
    for gap in gaps_of(content, is_first=page == 0):
        if content[gap].strip(b"\0"):
            file.xWrite(bytes(gap.stop - gap.start), page * _PAGE_BYTES + gap.start)


def gaps_of(page: bytes, *, is_first: bool) -> Iterator[slice]:
    """Yield where in a page nothing stands; nowhere, if the page is none of a tree's."""
    start = _FILE_HEADER_BYTES if is_first else 0
    kind, free, cells, contents = _HEADER.unpack_from(page, start)
    if kind not in _HEADER_BYTES_BY_KIND:
        return
    pointers_end = start + _HEADER_BYTES_BY_KIND[kind] + 2 * cells
    contents = max(pointers_end, contents)
    yield slice(pointers_end, min(contents, len(page)))
    while contents <= free <= len(page) - _FREE_BLOCK.size:
        following, length = _FREE_BLOCK.unpack_from(page, free)
        yield slice(free + _FREE_BLOCK.size, min(free + length, len(page)))
        if following <= free:  # They stand in their order; the last one names none.
            return
        free = following
