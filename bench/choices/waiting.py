"""Calls that let go of the interpreter's lock, while another thread wants it."""

import hmac
import os
import threading
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lastschrift.randomness import RandomSupply
from lastschrift.vault.keyed_hash import KeyedHash

_CALLS = 2_000
_KEY = bytes(32)
_IBAN = b"DE89370400440532013000"
_HASH = KeyedHash(_KEY)
_SUPPLY = RandomSupply()


@contextmanager
def _busy_thread() -> Iterator[None]:
    """Keep a thread busy that lets go of the lock often, as one does that drives a database."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            sum(range(200))
            os.getppid()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _time(call: Callable[[], object]) -> float:
    with _busy_thread():
        return timeit.timeit(call, number=_CALLS) / _CALLS * 1e6


def take_from_supply() -> float:
    """Time bytes that were drawn ahead."""
    return _time(lambda: _SUPPLY.take(12))


def ask_system() -> float:
    """Time bytes drawn from the system."""
    return _time(lambda: os.urandom(12))


def copy_hashes() -> float:
    """Time a fingerprint as the vault makes it."""
    return _time(lambda: _HASH.digest(_IBAN))


def digest_hmac() -> float:
    """Time a fingerprint in one call."""
    return _time(lambda: hmac.digest(_KEY, _IBAN, "sha256"))
