"""What gets through to the decoders: JSON on which all parsers and databases agree."""

import gc
import json
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.web.errors import BodyMalformed
from lastschrift.web.reading import decode_json
from lastschrift.web.strict_json import DEPTH_MAX, DIGITS_MAX

BODY_BYTES_MAX = 65_536
ANSWERED_WITHIN_S = 0.1  # of the processor; they take a fifth of it at most

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)

REFUSED = {
    "no UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "an overlong form": b'{"a": "\xc0\x80"}',
    "a surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "NUL, escaped": rb'{"a": "x\u0000y"}',
    "NUL, escaped, in a key": rb'{"x\u0000y": 1}',
    "NUL, raw": b'{"a": "x\0y"}',
    "a lone high surrogate": rb'{"a": "\ud800"}',
    "a lone low surrogate": rb'{"a": "\udc00x"}',
    "surrogates the wrong way round": rb'{"a": "\udc00\ud800"}',
    "a lone surrogate in a key": rb'{"\ud800": 1}',
    "NaN": b'{"a": NaN}',
    "Infinity": b"[Infinity]",
    "-Infinity": b"[-Infinity]",
    "a key twice": b'{"a": 1, "a": 1}',
    "a key twice, escaped once": rb'{"a": 1, "\u0061": 1}',
    "a key twice, far inside": b'{"b": [{"c": {"a": 1, "d": 2, "a": 3}}]}',
    "a number of 1,001 digits": b"[" + b"1" * (DIGITS_MAX + 1) + b"]",
    "a number of 5,000 digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "a fraction of 5,000 digits": b'{"a": 0.' + b"9" * 5_000 + b"}",
    "a number without end": b'{"a": 1e99999}',
    "lists too deep": b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1),
    "objects too deep": b'{"a":' * (DEPTH_MAX + 1) + b"1" + b"}" * (DEPTH_MAX + 1),
    "nothing": b"",
    "blanks": b" \n",
    "two documents": b"{} {}",
    "a comma too many": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "a comment": b"{} // a",
    "a text without end": b'{"a": "',
    "a line end in a text": b'{"a": "\n"}',
    "a leading zero": b"[01]",
}

TAKEN = {
    "a surrogate pair": (rb'{"a": "\ud83d\ude00"}', {"a": "\U0001f600"}),
    "the same key in two objects": (
        b'{"a": {"a": 1}, "b": {"a": 2}}',
        {"a": {"a": 1}, "b": {"a": 2}},
    ),
    "a key that is a value too": (b'{"a": "b", "b": "a"}', {"a": "b", "b": "a"}),
    "brackets in a text": (b'{"a": "' + b"[" * 100 + b'"}', {"a": "[" * 100}),
    "escaped quotes": (rb'{"a\"": "\"[{\\"}', {'a"': '"[{\\'}),
    "many digits in a text": (b'["' + b"1" * 5_000 + b'"]', ["1" * 5_000]),
    "as deep as may be": (
        b"[" * DEPTH_MAX + b"]" * DEPTH_MAX,
        json.loads("[" * DEPTH_MAX + "]" * DEPTH_MAX),
    ),
    "a bare value": (b'"a"', "a"),
    "the word NaN": (b'["NaN"]', ["NaN"]),
}

HOSTILE = {
    "a text of escaped quotes without end": b'"' + b'\\"' * 32_000,
    "backslashes": b'"' + b"\\" * 65_000,
    "open brackets": b"[" * 65_000,
    "numbers of many digits": b"[" + b",".join([b"1" * DIGITS_MAX] * 65) + b"]",
    "one number": b"1" * 65_000,
    "many keys": b"{" + b",".join(b'"%d":0' % n for n in range(6_500)) + b"}",
    "keys twice": b"{" + b",".join([b'"a":0'] * 10_000) + b"}",
    "objects side by side": b"[" + b",".join([b'{"a":[]}'] * 7_000) + b"]",
    "quotes": b'"' * 65_000,
    "colons": b'{"a"' + b":" * 65_000,
    "escapes": b'["' + rb"\u00e9" * 10_000 + b'"]',
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused(what: str) -> None:
    with pytest.raises(BodyMalformed):
        decode_json(REFUSED[what])


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_in_a_long_body_too(what: str) -> None:
    with pytest.raises(BodyMalformed):
        decode_json(b'{"padding": "' + b"x" * 2_000 + b'", "more": ' + REFUSED[what] + b"}")


@pytest.mark.parametrize("what", REFUSED)
def test_why_it_is_refused_tells_nothing_of_the_body(what: str) -> None:
    with pytest.raises(BodyMalformed) as refusal:
        decode_json(REFUSED[what])
    assert refusal.value.detail.isascii()
    assert refusal.value.detail.isprintable()
    assert len(refusal.value.detail) < 60


@pytest.mark.parametrize("what", TAKEN)
def test_it_is_taken(what: str) -> None:
    body, document = TAKEN[what]
    assert decode_json(body) == document


@pytest.fixture
def frozen_memory() -> Iterator[None]:
    """Leave other tests' objects out of garbage collection, as a started server does."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("what", HOSTILE)
def test_it_is_dealt_with_at_once(what: str, frozen_memory: None) -> None:
    body = HOSTILE[what]
    assert len(body) <= BODY_BYTES_MAX
    started = time.thread_time()
    with suppress(BodyMalformed):
        decode_json(body)
    assert time.thread_time() - started < ANSWERED_WITHIN_S


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 1]))
def test_any_strict_document_comes_through_as_it_is(
    document: object, is_ascii: bool, indent: int | None
) -> None:
    body = json.dumps(document, ensure_ascii=is_ascii, indent=indent).encode()
    assert decode_json(body) == document


@given(st.binary(max_size=200) | st.text('{}[]",:\\u0 dc8a1eN-.\n').map(str.encode))
def test_what_comes_through_is_what_the_standard_library_reads(body: bytes) -> None:
    try:
        document = decode_json(body)
    except BodyMalformed:
        return
    assert document == json.loads(body)
