"""Keyed hashes, as fingerprints are, are equal for equal contents under one key, and only then."""

import hashlib
import hmac
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.vault.fingerprint import FingerprintKeys
from lastschrift.vault.keyed_hash import KeyedHash

KEYS = st.binary(min_size=1, max_size=64)
CONTENTS = st.binary(max_size=5_000)
IBANS = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=15, max_size=34)


@given(key=KEYS, content=CONTENTS)
def test_a_keyed_hash_is_the_hmac_of_its_content(key: bytes, content: bytes) -> None:
    hashing = KeyedHash(key)
    expected = hmac.new(key, content, hashlib.sha256).digest()
    assert hashing.digest(content) == hashing.digest(content) == expected
    assert len(expected) == 32


def test_a_known_vector_holds() -> None:
    """RFC 4231 §4.3, test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert KeyedHash(b"Jefe").digest(b"what do ya want for nothing?").hex() == expected


@given(key=KEYS, iban=IBANS)
def test_a_fingerprint_is_the_hash_of_the_electronic_form(key: bytes, iban: str) -> None:
    fingerprints = FingerprintKeys({1: key}, [1]).fingerprints(iban)
    assert fingerprints.odd == KeyedHash(key).digest(iban.encode())
    assert fingerprints.even is None


@given(keys=st.lists(KEYS.map(lambda key: key.ljust(64, b"\0")), min_size=2, unique=True))
def test_contracts_do_not_share_fingerprints(keys: list[bytes]) -> None:
    iban = b"DE89370400440532013000"
    assert len({KeyedHash(key).digest(iban) for key in keys}) == len(keys)


def test_a_keyed_hash_shows_and_gives_away_nothing() -> None:
    hashing = KeyedHash(bytes(32))
    assert repr(hashing) == "<KeyedHash: concealed>"
    with pytest.raises(TypeError):
        pickle.dumps(hashing)
