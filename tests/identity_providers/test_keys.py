"""Sets of keys: which of their keys are used, and which one a token means."""

import json
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.identity_providers.keys import KEYS_MAX, KeySet, NoKeySet
from tests.identity_providers.issuer import KEY, Json, base64url, ec_key, ed_key, number, rsa_key

EC, ED = ec_key(), ed_key()
ALL = [KEY, EC, ED]


def read(*described: object) -> KeySet:
    return KeySet.read(json.dumps({"keys": described}).encode())


@pytest.mark.parametrize("key", ALL, ids=[key.algorithm for key in ALL])
def test_a_key_is_found_by_its_name_and_its_algorithm(key: object) -> None:
    found = read(*[one.published() for one in ALL])
    for one in ALL:
        for algorithm in ("RS256", "ES256", "EdDSA"):
            is_found = found.find(one.id, algorithm) is not None
            assert is_found is (algorithm == one.algorithm)


def test_keys_of_one_name_and_two_kinds_are_two() -> None:
    found = read(ec_key("same").published(), ed_key("same").published())
    assert found.find("same", "ES256") is not None
    assert found.find("same", "EdDSA") is not None


def test_without_a_name_it_is_the_only_key_for_the_algorithm_or_none() -> None:
    found = read(KEY.published(), EC.published(), ec_key("other").published())
    assert found.find(None, "RS256") is not None
    assert found.find(None, "ES256") is None
    assert found.find(None, "EdDSA") is None


@pytest.mark.parametrize(
    "more",
    [
        {"use": None, "alg": None},
        {"key_ops": ["verify"]},
        {"key_ops": []},
        {"x5c": ["MIIB"], "x5t": "a", "unknown": [1]},
    ],
)
def test_what_else_is_said_of_a_key_does_no_harm(more: Json) -> None:
    described = {name: value for name, value in KEY.published(**more).items() if value is not None}
    assert read(described).find("rsa", "RS256") is not None


def unusable() -> Sequence[object]:
    rsa, ec, ed = KEY.published(), EC.published(), ED.published()
    return [
        {"kty": "oct", "kid": "rsa", "k": base64url(b"shared"), "alg": "HS256"},
        {**rsa, "use": "enc"},
        {**rsa, "alg": "RSA-OAEP"},
        {**rsa, "alg": "PS256"},
        {**rsa, "key_ops": ["sign"]},
        {**rsa, "d": number(5)},
        {**rsa, "n": number(2**1023 + 1)},
        {**rsa, "n": number(2**8192 + 1)},
        {**rsa, "e": number(2)},
        {**rsa, "e": ""},
        {**rsa, "n": 5},
        {**rsa, "n": "*"},
        {**rsa, "kty": "EC"},
        {"kty": "RSA", "kid": "rsa"},
        {**ec, "crv": "P-384"},
        {**ec, "y": ec["x"]},
        {**ec, "y": None},
        {**ec, "x": ec["x"][:-4]},
        ec_key("ec", SECP384R1()).published(alg="ES384"),
        {**ed, "crv": "Ed448"},
        {**ed, "crv": "X25519"},
        {**ed, "x": base64url(b"short")},
        {**ed, "kid": 5},
        {**ed, "kty": None},
        None,
        [],
        "key",
    ]


@pytest.mark.parametrize("described", unusable())
def test_a_key_that_cannot_be_used_is_left_out(described: object) -> None:
    other = ed_key("other")
    assert read(described, other.published()).find(None, "EdDSA") is not None
    with pytest.raises(NoKeySet):
        read(described)


def test_a_short_key_is_left_out_without_a_warning() -> None:
    with pytest.raises(NoKeySet):
        read(rsa_key(bits=1024).published())


def test_of_an_endless_set_only_the_first_keys_are_looked_at() -> None:
    with pytest.raises(NoKeySet):
        read(*[{"kty": "oct"}] * KEYS_MAX, KEY.published())


@given(document=st.binary() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_whatever_is_no_set_of_keys_is_refused(document: bytes | str) -> None:
    raw = document.encode() if isinstance(document, str) else document
    with pytest.raises(NoKeySet):
        KeySet.read(raw)
