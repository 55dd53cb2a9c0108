"""Files that appear whole or not at all, whatever interrupts their making."""

import os
from pathlib import Path


def part_of(path: Path) -> Path:
    """Return where a file is made that will be put at ``path``."""
    return path.with_name(f"{path.name}.part")


def put_in_place(part: Path, path: Path) -> None:
    """Give a finished file its name; when it returns, file and name are on disk.

    Raises: OSError.
    """
    _fsync(part, os.O_RDONLY)
    part.rename(path)
    fsync_directory(path.parent)  # The name belongs to the directory.


def fsync_directory(directory: Path) -> None:
    """Have the names in a directory on disk.

    Raises: OSError.
    """
    _fsync(directory, os.O_RDONLY | os.O_DIRECTORY)


def _fsync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        os.close(descriptor)
