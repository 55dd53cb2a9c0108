"""Which old versions of the master key are kept for backups that are to be restorable still.

A backup opens only by the version that was the newest when it was made, and the keys in it by
those that they were locked by then. From when on a version is not used any more is written down
beside the settings, when keys are turned and when they are retired; no backup from after that needs
it. Where that file gets lost, versions are kept longer, never shorter.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from lastschrift.placing import part_of, put_in_place

UNUSED_FILE = "master-versions.json"
"""In the installation's directory: since when which versions of the master key are not used."""


def note_unused(directory: Path, unused: Collection[int], now: datetime) -> dict[int, datetime]:
    """Write down that versions are not used, and return since when each of them is not.

    Raises: OSError.
    """
    known = _read(directory / UNUSED_FILE)
    since = {version: known.get(version, now) for version in sorted(unused)}
    if since != known:
        file = directory / UNUSED_FILE
        part = part_of(file)
        part.write_bytes(msgspec.json.encode(since) + b"\n")
        put_in_place(part, file)
    return since


def needed_by_backups(
    since: dict[int, datetime], now: datetime, backups_kept_for: timedelta
) -> set[int]:
    """Return the versions that a backup may need which is not older than ``backups_kept_for``."""
    return {version for version, instant in since.items() if instant + backups_kept_for > now}


def _read(file: Path) -> dict[int, datetime]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[int, datetime])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
