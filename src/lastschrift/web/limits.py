"""Limits on guessing: who has shown too many wrong secrets waits before the next is looked at.

A wrong client secret counts against its client id as shown from one address, and against the
address; a wrong access token, which names nobody, against the address. Each count is a leaky
bucket that holds a minute's failures. What is right costs nothing, and what was right from an
address is looked at there whatever others show: nobody can be shut out from where they work.

Kept are hashes, of the latest only, in this process only.
"""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from msgspec import Struct

from lastschrift.domain.access import Secret
from lastschrift.domain.errors import CredentialsRefused, TokenRefused
from lastschrift.domain.identity import ClientId
from lastschrift.operations.hashing import secret_hash
from lastschrift.operations.ports import Clock
from lastschrift.web.errors import TooManyAttempts

REMEMBERED_MAX = 10_000
"""How many entries each table has at most; the one that was used least recently goes first."""

_PERIOD = timedelta(minutes=1)
_NOTHING = timedelta()
_DEBT_MAX = timedelta(hours=1)
_IPV6_HOST_BITS = 64


class Attempt(Struct, frozen=True):
    """A secret that somebody shows: from where, its hash, and the client that it is shown for.

    ``client_id`` is None for an access token, and for what can't be a client's id.
    """

    source: str
    secret_hash: bytes
    client_id: ClientId | None

    @classmethod
    def of(cls, peer: str, secret: Secret, client_id: ClientId | None = None) -> "Attempt":
        """Return the attempt of whoever asks from the address ``peer``."""
        return cls(source_of(peer), secret_hash(secret), client_id)


def source_of(peer: str) -> str:
    """Return what counts as one source: of IPv6 the /64 network, all of which one host may use.

    >>> source_of("2001:db8::1") == source_of("2001:db8::2")
    True
    """
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv4Address):
        return peer
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(int(address) >> _IPV6_HOST_BITS)


class AttemptLimits:
    """How many wrong secrets may be shown in a minute."""

    def __init__(
        self,
        clock: Clock,
        *,
        client_failures_per_minute_max: int,
        source_failures_per_minute_max: int,
    ) -> None:
        self._clock = clock
        self._by_client = _LeakyBuckets(client_failures_per_minute_max)
        self._by_source = _LeakyBuckets(source_failures_per_minute_max)
        self._right_secrets: OrderedDict[Attempt, None] = OrderedDict()
        self._right_tokens: OrderedDict[Attempt, None] = OrderedDict()

    def check(self, attempt: Attempt) -> None:
        """Return if the secret may be looked at, which tells nothing about whether it is right.

        Raises: TooManyAttempts.
        """
        if attempt in self._right_like(attempt):
            return
        now = self._clock.now()
        wait = self._by_source.wait(attempt.source, now)
        if attempt.client_id is not None:
            wait = max(wait, self._by_client.wait((attempt.source, attempt.client_id), now))
        if wait > _NOTHING:
            raise TooManyAttempts(math.ceil(wait.total_seconds()))

    @contextmanager
    def counting(self, attempt: Attempt) -> Iterator[None]:
        """Take note of what comes of the attempt in the block.

        Neither right nor wrong is what the store could not answer.
        """
        try:
            yield
        except (CredentialsRefused, TokenRefused):
            self._count(attempt)
            raise
        self.remember(attempt)

    def remember(self, attempt: Attempt) -> None:
        """Look at this secret from now on, whatever else is shown from where it came from."""
        _put_last(self._right_like(attempt), attempt, None)

    def _count(self, attempt: Attempt) -> None:
        now = self._clock.now()
        self._right_like(attempt).pop(attempt, None)
        self._by_source.add(attempt.source, now)
        if attempt.client_id is not None:
            self._by_client.add((attempt.source, attempt.client_id), now)

    def _right_like(self, attempt: Attempt) -> "OrderedDict[Attempt, None]":
        """Return what was right of this kind: tokens come and go, and push no secret out."""
        return self._right_tokens if attempt.client_id is None else self._right_secrets


class _LeakyBuckets:
    """One bucket for each key: a failure fills one part of it, and a part runs out in its time.

    Who sends many at once, before any is answered, overfills it and waits the longer.
    """

    def __init__(self, parts: int) -> None:
        self._part = _PERIOD / parts
        self._full = self._part * parts
        self._counted: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def wait(self, key: Hashable, now: datetime) -> timedelta:
        """Return how long it takes until there is room for one more; none if there is already."""
        return max(self._filled(key, now) + self._part - self._full, _NOTHING)

    def add(self, key: Hashable, now: datetime) -> None:
        """Count a failure."""
        filled = min(self._filled(key, now) + self._part, _DEBT_MAX)
        _put_last(self._counted, key, _Bucket(now, now + filled))

    def _filled(self, key: Hashable, now: datetime) -> timedelta:
        """Return in how long it will be empty; what was counted later than now is not looked at.

        Then the clock was set back: nobody waits until it has caught up.
        """
        bucket = self._counted.get(key)
        if bucket is None or now < bucket.filled_at:
            return _NOTHING
        return max(bucket.empty_at - now, _NOTHING)


class _Bucket(NamedTuple):
    """When something was last put into a bucket, and when nothing of it will be left."""

    filled_at: datetime
    empty_at: datetime


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def _put_last(table: "OrderedDict[_Key, _Value]", key: _Key, value: _Value) -> None:
    """Put an entry behind all others, and let the first go if there are too many."""
    table[key] = value
    table.move_to_end(key)
    if len(table) > REMEMBERED_MAX:
        table.popitem(last=False)
