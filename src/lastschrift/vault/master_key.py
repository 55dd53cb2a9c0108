"""The master key, kept outside the database, that every other key is locked with.

It is text, in a file of ours or wherever else (`vault.master_key_sources`). Comment lines begin
with ``#``; each other line is a version, ``1:`` and 32 bytes in base64 (RFC 4648 §4). The highest
version locks, every version unlocks. Only a file's owner may read it.

>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as directory:
...     create_master_key(Path(directory) / "master.key").newest_version
1
"""

import base64
import binascii
import os
import re
import secrets
import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lastschrift.vault.concealed import Concealed
from lastschrift.vault.envelope import KEY_BYTES, VERSION_MAX, CannotOpen

_HEADER = """\
# Master key of a Lastschrift installation: it opens every account number in the database.
# Keep a copy, but never beside a copy of the database. Without it nothing can be read again.
# One line a version: its number, a colon, 32 bytes in base64. The highest locks, all unlock.
"""

_LINE = re.compile(r"([1-9][0-9]{0,4}):([A-Za-z0-9+/]+=*)")

_FILE_BYTES_MAX = 65_536
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


# --- what can be wrong with the file --------------------------------------------------------------


class MasterKeyRefused(Exception):
    """The master key can't be used as it is.

    ``path`` says which file, or from where else, ``line`` where in it (None: all of it), ``fact``
    what is wrong, ``remedy`` what to do about it. Nothing of the content is told.
    """

    fact = "can't be used"
    remedy = "put the master key back from its copy"

    def __init__(self, path: Path | str, line: int | None = None) -> None:
        super().__init__(path, line)
        self.path = path
        self.line = line

    def __str__(self) -> str:
        place = f"{self.path}" if self.line is None else f"{self.path}, line {self.line}"
        return f"{place}: {self.fact}; {self.remedy}"


class MasterKeyMissing(MasterKeyRefused):
    """There is no such file."""

    fact = "there is no master key"
    remedy = "put it back from its copy, or name its place in the setting master_key_file"


class MasterKeyExists(MasterKeyRefused):
    """A key is to be made, and the file is there already."""

    fact = "is there already, and a master key is never overwritten"
    remedy = "use it as it is, or choose another directory"


class MasterKeyUnreadable(MasterKeyRefused):
    """The file can't be read by this user, or is no file."""

    fact = "can't be read"
    remedy = "make it a plain file that belongs to the user that runs Lastschrift"


class MasterKeyExposed(MasterKeyRefused):
    """Users other than the owner may read or write the file."""

    fact = "is open to other users of this machine"
    remedy = "run chmod 600 on it, and think of who may have read it"


class MasterKeyEmpty(MasterKeyRefused):
    """There is no key in it."""

    fact = "holds no key"


class MasterKeyMalformed(MasterKeyRefused):
    """A line is neither a comment nor ``version:base64``, or the file is no text."""

    fact = f"is not a version (1 to {VERSION_MAX}), a colon and base64"


class MasterKeyLengthWrong(MasterKeyRefused):
    """A line holds fewer or more bytes than a key has."""

    fact = f"is not {KEY_BYTES} bytes long"


class MasterKeyVersionRepeated(MasterKeyRefused):
    """Two lines have the same version."""

    fact = "has the version of a line before it"
    remedy = "keep the line that is in the file's copy"


class MasterVersionUnknown(CannotOpen):
    """Something is locked with a version of the master key that the file does not hold."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


# --- the key and its file -------------------------------------------------------------------------


class MasterKey(Concealed):
    """All versions of the master key, ready for use."""

    __slots__ = ("_ciphers", "newest_version", "versions")

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._ciphers = {version: AESGCM(key) for version, key in keys.items()}
        self.versions = tuple(sorted(keys))
        self.newest_version = max(keys)

    def cipher(self, version: int) -> AESGCM:
        """Return the cipher of one version.

        Raises: MasterVersionUnknown.
        """
        cipher = self._ciphers.get(version)
        if cipher is None:
            raise MasterVersionUnknown(version)
        return cipher


def create_master_key(path: Path) -> MasterKey:
    """Make a master key of one version, keep it in a new file (mode 0600), and return it.

    When it returns, file and name are on disk.

    Raises: MasterKeyExists; OSError (no such directory, disk full).
    """
    keys = {1: secrets.token_bytes(KEY_BYTES)}
    try:
        write_new(path, keys)
    except FileExistsError:
        raise MasterKeyExists(path) from None
    return MasterKey(keys)


def add_master_version(path: Path) -> int:
    """Add a version to the master key's file, and return it: what is locked from now on is by it.

    The file is there whole at all times, with the old versions or with the new one too.

    Raises: as `load_master_key`; OSError.
    """
    keys = with_another_version(_read_keys(path))
    _replace(path, keys)
    return max(keys)


def with_another_version(keys: Mapping[int, bytes]) -> dict[int, bytes]:
    """Return the keys with one more version."""
    return {**keys, max(keys) + 1: secrets.token_bytes(KEY_BYTES)}


def drop_master_versions(path: Path, kept: Collection[int]) -> list[int]:
    """Take all versions out of the file but those ``kept``, and the newest; return which went.

    Raises: as `load_master_key`; OSError.
    """
    keys = _read_keys(path)
    staying = {*kept, max(keys)}
    dropped = sorted(keys.keys() - staying)
    if dropped:
        _replace(path, {version: key for version, key in keys.items() if version in staying})
    return dropped


def _replace(path: Path, keys: Mapping[int, bytes]) -> None:
    """Put a file with these versions in the place of the one there is."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    write_new(part, keys)
    part.replace(path)
    _fsync_directory(path.parent)


def write_new(path: Path, keys: Mapping[int, bytes]) -> None:
    """Write a new file (mode 0600); when this returns, file and name are on disk.

    Raises: FileExistsError; OSError (no such directory, disk full).
    """
    lines = [f"{number}:{base64.b64encode(key).decode()}\n" for number, key in sorted(keys.items())]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(_HEADER + "".join(lines))
            file.flush()
            os.fsync(descriptor)
        _fsync_directory(path.parent)
    except OSError:
        path.unlink()  # Half a key would look like a damaged one.
        raise


def load_master_key(path: Path) -> MasterKey:
    """Read the master key.

    Raises: MasterKeyMissing, MasterKeyUnreadable, MasterKeyExposed, MasterKeyMalformed,
    MasterKeyLengthWrong, MasterKeyVersionRepeated, MasterKeyEmpty.
    """
    return MasterKey(_read_keys(path))


def _read_keys(path: Path) -> dict[int, bytes]:
    return keys_in(read_text(path), path)


def keys_in(text: str, path: Path | str) -> dict[int, bytes]:
    """Return the versions of a master key that its text holds; ``path`` says from where it is.

    Raises: MasterKeyMalformed, MasterKeyLengthWrong, MasterKeyVersionRepeated, MasterKeyEmpty.
    """
    keys: dict[int, bytes] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        version, key = _parse_line(path, number, line)
        if version in keys:
            raise MasterKeyVersionRepeated(path, number)
        keys[version] = key
    if not keys:
        raise MasterKeyEmpty(path)
    return keys


def _parse_line(path: Path | str, number: int, line: str) -> tuple[int, bytes]:
    match = _LINE.fullmatch(line.strip())
    if match is None or int(match[1]) > VERSION_MAX:
        raise MasterKeyMalformed(path, number)
    try:
        key = base64.b64decode(match[2], validate=True)
    except binascii.Error:
        raise MasterKeyMalformed(path, number) from None
    if len(key) != KEY_BYTES:
        raise MasterKeyLengthWrong(path, number)
    return int(match[1]), key


def read_text(path: Path) -> str:
    """Return the file's text, if nobody but its owner can have seen it.

    Raises: MasterKeyMissing, MasterKeyUnreadable, MasterKeyExposed, MasterKeyMalformed.
    """
    try:
        # Not waiting keeps a named pipe in the file's place from stopping the start for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise MasterKeyMissing(path) from None
    except OSError:
        raise MasterKeyUnreadable(path) from None
    try:
        # The open file is looked at, not its name: the name could change hands in between.
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise MasterKeyUnreadable(path)
        if mode & _OTHERS and not _is_credential(path):
            raise MasterKeyExposed(path)
        return os.read(descriptor, _FILE_BYTES_MAX).decode("ascii")
    except UnicodeDecodeError:
        raise MasterKeyMalformed(path) from None
    finally:
        os.close(descriptor)


def _is_credential(path: Path) -> bool:
    """Whether systemd has put the file there for this service alone (systemd.exec(5)).

    Newer versions leave such a file to root and let the service read it by an access list, which
    shows as mode 0440.
    """
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    return bool(directory) and path.parent == Path(str(directory))


def _fsync_directory(directory: Path) -> None:
    """Put a new file's name on disk; fsync of the file alone does not (man 2 fsync)."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
