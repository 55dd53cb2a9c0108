"""Where the master key comes from: a file of ours, a variable, or a command that prints it.

So any service that keeps keys can be plugged: what its client prints is the text of a master key
file (`vault.master_key`).

>>> command = MasterKeyCommand(("printf", "1:%s=", "A" * 43))
>>> command.load().versions
(1,)
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from lastschrift.vault.concealed import Concealed
from lastschrift.vault.master_key import (
    MasterKey,
    MasterKeyExists,
    MasterKeyMalformed,
    MasterKeyRefused,
    keys_in,
    load_master_key,
    read_text,
    with_another_version,
    write_new,
)

_TIMEOUT_S = 10.0
_REMEMBERED_S = 2.0
"""So that wrapping a thousand contracts' keys anew does not run a command a thousand times."""

_TOLD_CHARACTERS_MAX = 300


class MasterKeyCommandFailed(MasterKeyRefused):
    """The command did not print a master key; ``path`` is the command, ``fact`` why it did not."""

    remedy = "run it as the user that runs Lastschrift, and mend what it says"

    def __init__(self, command: str, fact: str) -> None:
        super().__init__(command)
        self.fact = fact


class MasterKeySource(Protocol):
    """Where the master key comes from; it is told anew each time that it is asked for."""

    def load(self) -> MasterKey:
        """Return the key as it is now. Raises: MasterKeyRefused."""
        ...

    def write_next(self, target: Path) -> int:
        """Write the key with another version to a new file, and return that version.

        Raises: MasterKeyRefused; OSError.
        """
        ...


class MasterKeyFile:
    """A master key in a file of ours."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> MasterKey:
        """Return the key. Raises: as `load_master_key`."""
        return load_master_key(self._path)

    def write_next(self, target: Path) -> int:
        """Write the key with another version to a new file, and return that version.

        Raises: as `load_master_key`; MasterKeyExists; OSError.
        """
        return _write_next(read_text(self._path), str(self._path), target)


class MasterKeyText(Concealed):
    """A master key whose text is given; ``place`` says where, for those who are told."""

    __slots__ = ("_place", "_text")

    def __init__(self, text: str, place: str) -> None:
        self._text = text
        self._place = place

    def load(self) -> MasterKey:
        """Return the key. Raises: as `keys_in`."""
        return MasterKey(keys_in(self._text, self._place))

    def write_next(self, target: Path) -> int:
        """Write the key with another version to a new file, and return that version.

        Raises: as `keys_in`; MasterKeyExists; OSError.
        """
        return _write_next(self._text, self._place, target)


class MasterKeyCommand:
    """A master key that a command prints. It is run without a shell, and told nothing."""

    def __init__(
        self, arguments: Sequence[str], monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._arguments = tuple(arguments)
        self._place = f"the command {arguments[0]}"
        self._monotonic_s = monotonic_s
        self._loaded: tuple[MasterKey, float] | None = None

    def load(self) -> MasterKey:
        """Return the key that is printed now, or was two seconds ago at most.

        Raises: MasterKeyCommandFailed; as `keys_in`.
        """
        now_s = self._monotonic_s()
        if self._loaded is None or self._loaded[1] <= now_s:
            key = MasterKey(keys_in(self._printed(), self._place))
            self._loaded = key, now_s + _REMEMBERED_S
        return self._loaded[0]

    def write_next(self, target: Path) -> int:
        """Write the key with another version to a new file, and return that version.

        Raises: MasterKeyCommandFailed; as `keys_in`; MasterKeyExists; OSError.
        """
        return _write_next(self._printed(), self._place, target)

    def _printed(self) -> str:
        """Run the command; what it prints is told nobody, what it complains of is."""
        try:
            ended = subprocess.run(  # noqa: S603  # the operator's own command, without a shell
                self._arguments,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._failed(f"took longer than {_TIMEOUT_S:.0f} s") from None
        except OSError as error:
            raise self._failed(f"can't be run ({error.strerror})") from None
        if ended.returncode:
            raise self._failed(f"ended with {ended.returncode}: {_one_line(ended.stderr)}")
        try:
            return ended.stdout.decode("ascii")
        except UnicodeDecodeError:
            raise MasterKeyMalformed(self._place) from None

    def _failed(self, fact: str) -> MasterKeyCommandFailed:
        return MasterKeyCommandFailed(self._place, fact)


def _write_next(text: str, place: str, target: Path) -> int:
    keys = with_another_version(keys_in(text, place))
    try:
        write_new(target, keys)
    except FileExistsError:
        raise MasterKeyExists(target) from None
    return max(keys)


def _one_line(complaint: bytes) -> str:
    """Return the end of what a command complained of, in one line."""
    words = complaint.decode("utf-8", "replace").split()
    text = "".join(sign if sign.isprintable() else "?" for sign in " ".join(words))
    return text[-_TOLD_CHARACTERS_MAX:] or "and said nothing"
