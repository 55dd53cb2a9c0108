"""Idempotency keys: any visible ASCII up to a length, and never shown by chance."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.refusals import Missing, NotVisibleAscii, TooLong, ValueRefused


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255))
def test_visible_ascii_is_a_key(text: str) -> None:
    assert IdempotencyKey.parse(text).reveal() == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Missing),
        ("a" * 256, TooLong),
        ("é" * 256, TooLong),
        ("order 1", NotVisibleAscii),
        (" order-1", NotVisibleAscii),
        ("order-1\n", NotVisibleAscii),
        ("order-1\0", NotVisibleAscii),
        ("order-1\x7f", NotVisibleAscii),
        ("bestellung-für-jörg", NotVisibleAscii),
        ("１", NotVisibleAscii),
    ],
)
def test_anything_else_is_refused(text: str, reason: type[ValueRefused]) -> None:
    with pytest.raises(reason):
        IdempotencyKey.parse(text)


def test_keys_are_the_same_by_their_text() -> None:
    key = IdempotencyKey.parse("order-1")
    assert key == IdempotencyKey.parse("order-1")
    assert hash(key) == hash(IdempotencyKey.parse("order-1"))
    assert key != IdempotencyKey.parse("Order-1")
    assert key != "order-1"


def test_a_key_shows_itself_only_when_asked() -> None:
    key = IdempotencyKey.parse("john.doe@example.com")
    assert "john" not in f"{key} {key!r} {[key]}"
    with pytest.raises(TypeError):
        pickle.dumps(key)
