"""JSON as RFC 8259 and I-JSON (RFC 7493) mean it, before anything is made of a body.

Refused: what is not UTF-8, NUL and lone surrogates, NaN and Infinity, an object with a key twice,
numbers of more digits than any field has, nesting deeper than 32. Parsers disagree on these, and
databases too, so nobody behind this door needs to ask again.

Bodies that are plainly harmless (no backslash, little nesting, no key twice anywhere) pass without
a second parse; only the others are looked at closely. Most are not even asked about: they say just
what was read from them (`lastschrift.web.reading`).
"""

import json
import re
from collections.abc import Iterable
from typing import NoReturn

from lastschrift.web.errors import BodyMalformed

DEPTH_MAX = 32
DIGITS_MAX = 1_000

_STRING_AND_COLON = re.compile(rb'"([^"]*)"\s*(:?)')
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+["\\]?', re.DOTALL)
"""A string, or all the rest if it does not end: nothing is looked at twice, in any body."""

_LONG_NUMBER = re.compile(rf"(?<!\d)\d{{{DIGITS_MAX + 1}}}")


def check_json(body: bytes) -> None:
    """Raise BodyMalformed unless ``body`` is strict JSON, or no JSON at all.

    What is no JSON is left to the decoder that follows: it says where the mistake is.
    """
    if not _is_plainly_harmless(body):
        _check_closely(body)


def _is_plainly_harmless(body: bytes) -> bool:
    if not body.isascii() and not _is_utf8(body):
        return False
    if len(body) > DIGITS_MAX or b"\\" in body:
        return False
    if body.count(b"{") + (b"[" in body and body.count(b"[")) > DEPTH_MAX:
        return False
    strings = body.split(b'"')[1::2]
    if len(strings) == len(set(strings)):
        return True
    keys = [key for key, colon in _STRING_AND_COLON.findall(body) if colon]
    return len(keys) == len(set(keys))


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_closely(body: bytes) -> None:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BodyMalformed("the body is not UTF-8") from None
    skeleton = _STRING.sub('""', text)
    _check_depth(skeleton)
    if _LONG_NUMBER.search(skeleton):
        raise BodyMalformed(f"a number has more than {DIGITS_MAX} digits")
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except ValueError:
        return
    for string in _strings(document):
        _check_string(string)


def _check_depth(skeleton: str) -> None:
    depth = 0
    for character in skeleton:
        if character in "{[":
            depth += 1
            if depth > DEPTH_MAX:
                raise BodyMalformed(f"the body is nested more than {DEPTH_MAX} deep")
        elif character in "}]":
            depth -= 1


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BodyMalformed("an object has a key twice")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise BodyMalformed("NaN and Infinity are no JSON")


def _strings(document: object) -> Iterable[str]:
    """Yield all strings of a document, keys too."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, list):
        for item in document:
            yield from _strings(item)
    elif isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from _strings(value)


def _check_string(string: str) -> None:
    if "\0" in string:
        raise BodyMalformed("a text holds NUL")
    try:
        string.encode()
    except UnicodeEncodeError:
        raise BodyMalformed("a text holds half a surrogate pair") from None
