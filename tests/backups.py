"""Backups for tests: taken out again, and made as before they were encrypted."""

import hashlib
from pathlib import Path

from lastschrift.restoring import _opened
from lastschrift.vault.master_key import load_master_key


def unpacked(backup: Path, installation: Path) -> Path:
    """Return the database that a backup of an installation holds, as a file beside it."""
    database = backup.with_name(f"{backup.name}.unpacked.db")
    database.unlink(missing_ok=True)
    with _opened(backup, load_master_key(installation / "master.key")) as unpack:
        unpack(database, lambda _done, _total: None)
    return database


def as_plain(database: Path) -> Path:
    """Make a backup of a copied database as it was before backups were encrypted."""
    sha256 = hashlib.sha256(database.read_bytes()).hexdigest()
    with database.open("ab") as backup:
        backup.write(f"\nLastschrift backup, SHA-256 of all before this line: {sha256}\n".encode())
    return database
