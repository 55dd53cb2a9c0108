"""Keys: UUIDs like any other, with their bytes at hand."""

import copy
import pickle
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.domain.identity import Key

OCTETS = st.binary(min_size=16, max_size=16)


@given(OCTETS, OCTETS)
def test_a_key_is_the_uuid_of_its_bytes(first: bytes, second: bytes) -> None:
    key, uuid = Key(first), UUID(bytes=first)
    assert (key.bytes, key.int, str(key), hash(key)) == (first, uuid.int, str(uuid), hash(uuid))
    assert key == uuid == key
    assert (key < Key(second)) is (uuid < UUID(bytes=second))
    assert (key == UUID(bytes=second)) is (first == second)


@given(OCTETS)
def test_a_copy_has_its_bytes_too(octets: bytes) -> None:
    for copied in (copy.copy(Key(octets)), copy.deepcopy(Key(octets))):
        assert copied.bytes == octets
    assert pickle.loads(pickle.dumps(Key(octets))).bytes == octets


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_key_has_sixteen_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="16"):
        Key(bytes(length))
