"""Fingerprints are equal for equal IBANs under one key, and for nothing else."""

import hashlib
import hmac
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.vault.fingerprint import Fingerprinter

KEYS = st.binary(min_size=32, max_size=32)
IBANS = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=15, max_size=34)


@given(key=KEYS, iban=IBANS)
def test_a_fingerprint_is_the_hmac_of_the_electronic_form(key: bytes, iban: str) -> None:
    fingerprint = Fingerprinter(key).fingerprint(iban)
    assert fingerprint == hmac.new(key, iban.encode(), hashlib.sha256).digest()
    assert len(fingerprint) == 32


def test_a_known_vector_holds() -> None:
    """RFC 4231 §4.3, test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert Fingerprinter(b"Jefe").fingerprint("what do ya want for nothing?").hex() == expected


@given(keys=st.lists(KEYS, min_size=2, max_size=2, unique=True), iban=IBANS)
def test_contracts_do_not_share_fingerprints(keys: list[bytes], iban: str) -> None:
    first, second = (Fingerprinter(key).fingerprint(iban) for key in keys)
    assert first != second


def test_a_fingerprinter_shows_and_gives_away_nothing() -> None:
    fingerprinter = Fingerprinter(bytes(32))
    assert repr(fingerprinter) == "<Fingerprinter: concealed>"
    with pytest.raises(TypeError):
        pickle.dumps(fingerprinter)
