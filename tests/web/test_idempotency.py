"""Idempotency keys in headers, with quotation marks and without; and the mark of a replay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.refusals import Missing, NotVisibleAscii, TooLong, ValueRefused
from lastschrift.web.http import Response
from lastschrift.web.idempotency import parse_key, replayed

KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255).map(
    IdempotencyKey.parse
)


def quoted(text: str) -> bytes:
    """Write a string as RFC 9651 has it (§4.1.6)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.encode()


@given(KEYS)
def test_a_key_in_quotation_marks_is_read(key: IdempotencyKey) -> None:
    assert parse_key(quoted(key.reveal())) == key


@given(KEYS)
def test_a_key_without_quotation_marks_is_the_same_key(key: IdempotencyKey) -> None:
    if not key.reveal().startswith('"'):
        assert parse_key(key.reveal().encode()) == key


@given(st.binary(max_size=300))
def test_whatever_is_sent_is_a_key_or_refused(sent: bytes) -> None:
    try:
        key = parse_key(sent)
    except ValueRefused:
        return
    assert key.reveal() in sent.decode().replace('\\"', '"').replace("\\\\", "\\")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", Missing),
        (b'""', Missing),
        (b'"' + b"a" * 256 + b'"', TooLong),
        (b'"order 1"', NotVisibleAscii),
        (b"order-1, order-2", NotVisibleAscii),
        ("ü".encode(), NotVisibleAscii),
    ],
)
def test_what_is_no_key_is_refused(sent: bytes, reason: type[ValueRefused]) -> None:
    with pytest.raises(reason):
        parse_key(sent)


def test_the_longest_key_fits_with_its_quotation_marks() -> None:
    assert len(parse_key(b'"' + b"a" * 255 + b'"').reveal()) == 255


def test_a_replay_is_marked_also_for_browsers_where_they_may_ask() -> None:
    answer = Response(200, b"{}", ((b"a", b"b"),))
    mark = (b"idempotency-replayed", b"true")
    shown = (b"access-control-expose-headers", b"Idempotency-Replayed")
    assert replayed(answer, has_cors=False) == Response(200, b"{}", ((b"a", b"b"), mark))
    assert replayed(answer, has_cors=True) == Response(200, b"{}", ((b"a", b"b"), mark, shown))
