"""What the operating system gives: time, random ids and secrets, who commands, who began us."""

import os
import platform
import pwd
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from lastschrift.domain.access import TOKEN_AHEAD_MAX, Secret
from lastschrift.domain.identity import ClientId, Key
from lastschrift.randomness import RandomSupply

_TOKEN_SYMBOLS = "0123456789abcdefghijklmnopqrstuv"
_TOKEN_LENGTH = 26

_VERSION_7 = 0x7 << 12  # of the first 8 bytes
_COUNTER_BITS = 12
_COUNTER = (1 << _COUNTER_BITS) - 1
_VARIANT = 0b10 << 62  # of the second 8 bytes
_RANDOM = (1 << 62) - 1


_EXPIRED_KEPT = timedelta(minutes=1)
"""So long an expired token may lie about until it is deleted, and must not be good again."""

_HELD_NS_MAX = (TOKEN_AHEAD_MAX + _EXPIRED_KEPT) // timedelta(microseconds=1) * 1_000
"""How far the clock may be set back and not be followed."""

_SLOWED = 1_000
"""Of so many parts of the time that passes, one is left out while the clock is ahead."""

_instant_of = datetime.fromtimestamp


class SystemClock:
    """The machine's clock, but never set back by a little.

    Set back by up to 22 minutes, it would let tokens live so much longer. Then it goes on from
    where it was, slower by a thousandth until the machine's has caught up. Set back by more, it
    follows: tokens of before are refused, since they expire too far ahead. Set forward it always
    follows: tokens end early. (docs/decisions/clocks.md)
    """

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        steady_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._wall_ns = wall_ns
        self._steady_ns = steady_ns
        self._steady = steady_ns()
        self._ahead = wall_ns() - self._steady

    def now(self) -> datetime:
        """Return this instant, in UTC."""
        wall, steady = self._wall_ns(), self._steady_ns()
        ahead = self._ahead - (steady - self._steady) // _SLOWED
        if not 0 < steady + ahead - wall <= _HELD_NS_MAX:
            ahead = wall - steady
        self._ahead, self._steady = ahead, steady
        return _instant_of((steady + ahead) / 1e9, UTC)


class RandomIds:
    """Maker of time-ordered ids, and of secrets from the system's random source."""

    def __init__(self, wall_ns: Callable[[], int] = time.time_ns) -> None:
        self._wall_ns = wall_ns
        self._latest = 0
        self._supply = RandomSupply()

    def new_id(self) -> UUID:
        """Return a UUID of version 7, later than all that this object gave before.

        Milliseconds, a counter in ``rand_a`` where the clock stands still or goes back, and 62
        random bits (RFC 9562 §5.7 and §6.2, method 1).
        """
        ticks = self._wall_ns() // 1_000_000 << _COUNTER_BITS
        if ticks <= self._latest:
            ticks = self._latest + 1
        self._latest = ticks
        first = (ticks & ~_COUNTER) << 4 | _VERSION_7 | ticks & _COUNTER
        second = int.from_bytes(self._supply.take(8), "big") & _RANDOM | _VARIANT
        return Key((first << 64 | second).to_bytes(16, "big"))

    def new_client_id(self) -> ClientId:
        """Return 128 random bits, as the first seed's ``client_id`` has."""
        return ClientId(Key(os.urandom(16)))

    def new_client_secret(self) -> Secret:
        """Return 256 random bits as 64 hex digits, as the first seed's ``client_secret`` has."""
        return Secret(os.urandom(32).hex())

    def new_access_token(self) -> Secret:
        """Return 130 random bits as 26 symbols of ``[0-9a-v]``, as the first seed shows a token."""
        return Secret("".join(_TOKEN_SYMBOLS[byte & 31] for byte in os.urandom(_TOKEN_LENGTH)))


# --- who commands ---------------------------------------------------------------------------------

_NO_LOGIN = 2**32 - 1
"""What the kernel says of a process that no login led to: a daemon's, or one in a container."""


def who_commands(process: int, user: int) -> str:
    """Return who gave a command, and on which machine: ``anna@db1``.

    That is whoever logged in, which sudo does not change (``loginuid`` in man 5 proc); where
    nobody did, the user that the process runs as.
    """
    login = _login_of(process)
    return f"{_name_of(user if login is None else login)}@{platform.node()}"


def _login_of(process: int) -> int | None:
    try:
        login = int(Path(f"/proc/{process}/loginuid").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return None if login == _NO_LOGIN else login


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


# --- who has started us ---------------------------------------------------------------------------


def tell_service_manager(state: str) -> None:
    """Tell systemd how we are, ``READY=1`` for one, if it has begun us and asked (sd_notify(3)).

    Raises: OSError (systemd is not there to hear it).
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # how a name is written that is in no file system
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as teller:
        teller.sendto(state.encode("ascii"), address)
