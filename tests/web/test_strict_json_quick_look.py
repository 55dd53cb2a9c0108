"""The quick look at a body lets nothing through that the close look refuses.

Bodies are made of a few keys and values, so that much happens twice, in all spellings that JSON
knows and some that it does not; then a few bytes are changed.
"""

import msgspec
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from lastschrift.web.strict_json import _check_closely, _is_plainly_harmless
from tests.web.descriptions import Operation
from tests.web.examples import WITH_BODY, request_example

PLAIN = ["1", "true", "null", '""', '"a"', '"a:b"', '"é"', "{}", "[]"]
STRANGE = [
    *("-0", "1e5", "1e999", "NaN", "-Infinity", "01", "1" * 1_001, "'a'", "/**/1", '":"', '"{["'),
    *('"\\u0061"', '"\\""', '"\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\x00"', '"\x7f"'),
]
KEYS = st.sampled_from(["a", "b", "c", "d", "é"]) | st.sampled_from(
    ["a", " ", "", ":", "{", "\\u0061", "\\\\", '\\"', "a\x00", "\\u0000"]
)
BLANKS = st.sampled_from(["", " ", "\t \r\n"]) | st.sampled_from(["", "\x0b", "\xa0"])
BYTES = [b'"', b":", b",", b"{", b"}", b"[", b"]", b"\\", b"\x00", b"\xff", b"\xed\xa0\x80"]


@st.composite
def objects(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    names = draw(st.lists(KEYS, max_size=3))
    members = [f'{draw(BLANKS)}"{name}"{draw(BLANKS)}:{draw(values)}' for name in names]
    return "{" + ",".join(members) + "}"


@st.composite
def arrays(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    return "[" + ",".join(draw(st.lists(values, max_size=3))) + "]"


SCALARS = st.sampled_from(PLAIN) | st.sampled_from(PLAIN) | st.sampled_from(STRANGE)
DOCUMENTS = st.recursive(SCALARS, lambda values: objects(values) | arrays(values), max_leaves=8)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Return what is nearly JSON."""
    body = bytearray(draw(DOCUMENTS).encode())
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, len(body)))
        width = draw(st.integers(0, 2))
        body[place : place + width] = draw(st.binary(max_size=2) | st.sampled_from(BYTES))
    return bytes(body)


def is_decoded(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return False
    return True


@settings(max_examples=1_000)
@given(bodies())
@example(b'{"a":1,"a":1}')
@example(b'{"a":1,"\\u0061":1}')
@example(b'{"a":{"b":1},"c":{"b":1,"b":1}}')
@example(b'{"a" :1,"a"\n:1}')
@example(b'{"a:":":","b":"\\"a\\":"}')
@example(b"[" * 33 + b"]" * 33)
@example(b'"\x00"')
@example(b'"\xed\xa0\x80"')
@example(b"\xef\xbb\xbf1")
@example(b"1" * 1_001)
@example(b"NaN")
def test_what_passes_the_quick_look_and_is_json_passes_the_close_look(body: bytes) -> None:
    if not _is_plainly_harmless(body):
        event("looked at closely")
    elif not is_decoded(body):
        event("no JSON")
    else:
        event("passed")
        _check_closely(body)


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_bodies_as_clients_send_them_pass_the_quick_look(operation: Operation) -> None:
    """Without that the test above would say nothing."""
    assert _is_plainly_harmless(msgspec.json.encode(request_example(operation)))
