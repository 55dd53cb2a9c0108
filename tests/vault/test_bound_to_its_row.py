"""A ciphertext that somebody moves in the database opens nowhere but where it was sealed."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.vault import envelope
from lastschrift.vault.envelope import CannotOpen, Envelope, Place
from lastschrift.vault.fingerprint import FingerprintKeys
from lastschrift.vault.keyring import ContractKeyRing
from tests.promises import control, promise, rounds
from tests.storage.filling import german_iban

MOVED = rounds(ci=1_000, soak=100_000)
HERE, THERE = ContractId(UUID(int=1)), ContractId(UUID(int=2))
KEYS = {1: bytes(32), 2: bytes([1] * 32)}
RANDOM = random.Random(19)


def ring(contract: ContractId, sealing: int = 1) -> ContractKeyRing:
    """Return the keys of a contract; all contracts have the same, which is harder to tell apart."""
    return ContractKeyRing(contract, KEYS, sealing, FingerprintKeys(KEYS, [1]), KEYS)


class Moved(NamedTuple):
    """What was done with a ciphertext, and what tries to open it where it is now."""

    how: str
    opened: Callable[[], object]


def moved() -> Iterator[Moved]:
    """Yield ciphertexts, each moved in one way: all is as it was but for one thing."""
    here, there = ring(HERE), ring(THERE)
    for number in range(MOVED):
        row, other = (AccountId(UUID(int=RANDOM.getrandbits(128))) for _ in range(2))
        sealed = here.seal_iban(row, german_iban(number))
        match number % 4:
            case 0:
                yield Moved("row", partial(here.open_iban, other, sealed))
            case 1:
                yield Moved("contract", partial(there.open_iban, row, sealed))
            case 2:
                yield Moved("column", partial(here.open_result, row.bytes, sealed))
            case _:
                yield Moved("version", partial(here.open_iban, row, _claimed(sealed)))


def _claimed(sealed: bytes) -> bytes:
    """Return a ciphertext that says to be of the other version of the key."""
    return b"\0\x02" + sealed[2:]


def refused() -> dict[str, int]:
    """Return how many were refused, by what was done with them."""
    counts: dict[str, int] = {}
    for how, opened in moved():
        try:
            opened()
        except CannotOpen:
            counts[how] = counts.get(how, 0) + 1
        except ValueError:
            pass  # it opened: only what came out was no id of 16 bytes
    return counts


@promise("bound-to-its-row")
def test_a_moved_ciphertext_is_refused(figure: Callable[[str], None]) -> None:
    counts = refused()
    assert counts == dict.fromkeys(("row", "contract", "column", "version"), MOVED // 4)
    figure(f"{MOVED:,} moved to another row, column, contract or key version: all refused")


class Unbound:
    """AES-GCM that is told of no place."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def encrypt(self, nonce: bytes, plain: bytes, _bound_to: bytes) -> bytes:
        return self._cipher.encrypt(nonce, plain, None)

    def decrypt(self, nonce: bytes, ciphertext: bytes, _bound_to: bytes) -> bytes:
        return self._cipher.decrypt(nonce, ciphertext, None)


@control("bound-to-its-row")
def test_if_it_were_bound_to_nothing_it_would_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "AESGCM", Unbound)
    assert refused() == {"version": MOVED // 4}  # which is another key


def test_no_place_is_written_as_another_one_is() -> None:
    places = [
        Place(contract=HERE, table="ab", column="c"),
        Place(contract=HERE, table="a", column="bc"),
        Place(contract=THERE, table="ab", column="c"),
    ]
    row = UUID(int=7)
    sealed = Envelope(places[0], KEYS).seal(row, b"secret")
    for place in places[1:]:
        with pytest.raises(CannotOpen):
            Envelope(place, KEYS).open(row, sealed)
