"""What the operating system gives: the time, and randomness for ids and secrets."""

import os
import time
from datetime import UTC, datetime
from uuid import UUID

from lastschrift.domain.access import Secret
from lastschrift.domain.identity import ClientId
from lastschrift.randomness import RandomSupply

_TOKEN_SYMBOLS = "0123456789abcdefghijklmnopqrstuv"
_TOKEN_LENGTH = 26

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_BITS = (1 << 62) - 1
_COUNTER_BITS = 12


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return this instant, in UTC."""
        return datetime.now(UTC)


class RandomIds:
    """Maker of time-ordered ids, and of secrets from the system's random source."""

    def __init__(self) -> None:
        self._latest = 0
        self._supply = RandomSupply()

    def new_id(self) -> UUID:
        """Return a UUID of version 7, later than all that this object gave before.

        Milliseconds, a counter in ``rand_a`` where the clock stands still or goes back, and 62
        random bits (RFC 9562 §5.7 and §6.2, method 1).
        """
        ticks = (time.time_ns() // 1_000_000) << _COUNTER_BITS
        self._latest = ticks = max(ticks, self._latest + 1)
        milliseconds, counter = ticks >> _COUNTER_BITS, ticks & ((1 << _COUNTER_BITS) - 1)
        random = int.from_bytes(self._supply.take(8), "big") & _RANDOM_BITS
        return UUID(int=milliseconds << 80 | _VERSION_7 | counter << 64 | _VARIANT | random)

    def new_client_id(self) -> ClientId:
        """Return 128 random bits, as the first seed's ``client_id`` has."""
        return ClientId(UUID(bytes=os.urandom(16)))

    def new_client_secret(self) -> Secret:
        """Return 256 random bits as 64 hex digits, as the first seed's ``client_secret`` has."""
        return Secret(os.urandom(32).hex())

    def new_access_token(self) -> Secret:
        """Return 130 random bits as 26 symbols of ``[0-9a-v]``, as the first seed shows a token."""
        return Secret("".join(_TOKEN_SYMBOLS[byte & 31] for byte in os.urandom(_TOKEN_LENGTH)))
