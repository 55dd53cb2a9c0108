"""JSON that must be refused, made of a good body; and JSON that is only strange."""

import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.web.hostile.texts import BROKEN_UTF8, HALF_SURROGATES

Document = dict[str, Any]
Path = tuple[str, ...]

BODY_BYTES_MAX = 65_536
DEPTH_MAX = 32
DIGITS_MAX = 1_000

NO_JSON = {
    "nothing": b"",
    "a blank": b" ",
    "line ends": b"\r\n\r\n",
    "a NUL": b"\x00",
    "a comma": b",",
    "half a literal": b"nul",
    "undefined": b"undefined",
    "a literal in capitals": b"TRUE",
    "Python's None": b"None",
    "one quote": b'"',
    "a quote and a backslash": b'"\\',
    "quotes only": b'"' * 60_000,
    "backslashes only": b"\\" * 60_000,
    "a string that never ends, of escaped quotes": b'"' + b'\\"' * 32_000,
    "opening braces": b"{" * 60_000,
    "opening brackets": b"[" * 60_000,
    "closing braces": b"}" * 60_000,
    "colons": b":" * 60_000,
    "keys without end": b'{"a":' * 13_000,
    "a form": b"grant_type=client_credentials&client_id=a",
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "yaml": b"iban: DE89370400440532013000\n",
    "multipart": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    "messagepack": b"\x82\xa7private\x81\xa4iban\xa1x",
    "a line of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
    "all bytes": bytes(range(256)),
}

NO_OBJECT = {
    "null": b"null",
    "true": b"true",
    "zero": b"0",
    "a number": b"-1.5e3",
    "a text": b'"text"',
    "an empty text": b'""',
    "an empty array": b"[]",
    "an array of arrays": b"[[[]]]",
}

NO_VALUE = {
    "NaN": "NaN",
    "-NaN": "-NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "hexadecimal": "0x10",
    "octal": "010",
    "plus sign": "+1",
    "two signs": "--1",
    "no digit before the point": ".5",
    "no digit after the point": "1.",
    "no digit in the exponent": "1e",
    "underscore": "1_000",
    "comma for a point": "1,5",
    "infinity sign": "\u221e",
    "arabic digit": "\u0661",
    "single quotes": "'a'",
    "no quotes": "a",
    "backticks": "`a`",
    "a date": "2023-01-01",
    "unknown escape": '"\\q"',
    "short escape": '"\\u12"',
    "hexadecimal escape": '"\\x41"',
    "octal escape": '"\\101"',
    "escape of nothing good": '"\\u00zz"',
    "trailing comma in an array": "[1,]",
    "leading comma in an array": "[,1]",
    "nothing": "",
    "two values": "1 2",
    "function": "function(){}",
    "binary": "b'a'",
}
"""What can't stand where a value stands."""

TOO_MUCH = {
    "a number of 1001 digits": "1" * (DIGITS_MAX + 1),
    "a number of 5000 digits": "1" * 5_000,
    "a negative number of 5000 digits": "-" + "9" * 5_000,
    "a fraction of 5000 digits": "0." + "3" * 5_000,
    "an exponent of 5000 digits": "1e" + "9" * 5_000,
    "a number of 60000 digits": "7" * 60_000,
    "arrays 33 deep": "[" * DEPTH_MAX + "]" * DEPTH_MAX,
    "arrays 1000 deep": "[" * 1_000 + "]" * 1_000,
    "arrays 30000 deep": "[" * 30_000 + "]" * 30_000,
    "objects 33 deep": '{"a":' * DEPTH_MAX + "1" + "}" * DEPTH_MAX,
    "objects 1000 deep": '{"a":' * 1_000 + "1" + "}" * 1_000,
    "objects 10000 deep": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "arrays and objects 1000 deep": '[{"a":' * 500 + "1" + "}]" * 500,
}
"""Values of an unknown member that are refused all the same; the object around them is one deep."""

STRANGE_VALUES = {
    "minus zero": "-0",
    "minus zero in fractions": "-0.0",
    "too large for a float": "1e999",
    "too small for a float": "1e-999",
    "larger than 64 bits": "18446744073709551617",
    "a number of 1000 digits": "1" * DIGITS_MAX,
    "sixty numbers of 1000 digits": "[" + ",".join(["1" * DIGITS_MAX] * 60) + "]",
    "arrays 31 deep": "[" * (DEPTH_MAX - 1) + "]" * (DEPTH_MAX - 1),
    "fifteen thousand empty objects": json.dumps([{}] * 15_000),
    "ten thousand texts": json.dumps(["a"] * 10_000),
    "five thousand members": json.dumps({str(number): 0 for number in range(5_000)}),
    "braces in a text": '"' + "{[" * 1_000 + '"',
    "digits in a text": '"' + "1" * 5_000 + '"',
    "an escaped slash": '"\\/"',
    "a pair of surrogates": '"\\ud83d\\ude00"',
    "an empty member": '{"": {"": ""}}',
    "a prototype": '{"__proto__": {"a": 1}, "constructor": 1}',
}
"""Values of an unknown member that do no harm, so that they are ignored."""


# --- what must be refused -------------------------------------------------------------------------


def refused_bodies(good: Document) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that no API may take, each with its name."""
    text = json.dumps(good)
    yield from NO_JSON.items()
    yield from NO_OBJECT.items()
    yield from _broken_around(text)
    yield from _other_encodings(text)
    for name, value in {**NO_VALUE, **TOO_MUCH}.items():
        yield f"unknown member: {name}", _with_unknown(text, value)
    for path in paths_in(good):
        yield f"twice: {'.'.join(path)}", _member_twice(good, path, escaped=False)
        yield f"twice, once escaped: {'.'.join(path)}", _member_twice(good, path, escaped=True)
    for place, hole in _holes(text).items():
        yield f"NUL, {place}", hole.replace(b"@", b"\x00")
        for name, broken in BROKEN_UTF8.items():
            yield f"{name}, {place}", hole.replace(b"@", broken)
    for place in ("in a key", "in a text"):
        hole = _holes(text)[place]
        yield f"escaped NUL, {place}", hole.replace(b"@", rb"\u0000")
        for name, half in HALF_SURROGATES.items():
            yield f"{name}, {place}", hole.replace(b"@", half.encode())
        for code in range(1, 0x20):
            yield f"control {code:#04x}, {place}", hole.replace(b"@", bytes([code]))


def _with_unknown(text: str, value: str) -> bytes:
    return f'{{"unknown": {value}, {text[1:]}'.encode()


def _holes(text: str) -> dict[str, bytes]:
    """Return a body with an ``@`` in each kind of place."""
    return {
        "in a text": f'{{"unknown": "a@b", {text[1:]}'.encode(),
        "in a key": f'{{"a@b": 1, {text[1:]}'.encode(),
        "between members": f'{{"unknown": 1 @, {text[1:]}'.encode(),
        "after the end": f"{text}@".encode(),
    }


def _broken_around(text: str) -> Iterator[tuple[str, bytes]]:
    body = text.encode()
    yield "cut by one byte", body[:-1]
    yield "cut in the middle", body[: len(body) // 2]
    yield "a brace too many", body + b"}"
    yield "two documents", body + body
    yield "two documents on two lines", body + b"\n" + body
    yield "trailing bytes", body + b" trailing"
    yield "a comment before", b"// comment\n" + body
    yield "a comment behind", body + b" /* comment */"
    yield "a hash before", b"# comment\n" + body
    yield "a comment inside", b"{/* comment */" + body[1:]
    yield "a trailing comma", body[:-1] + b",}"
    yield "a leading comma", b"{," + body[1:]
    yield "single quotes", body.replace(b'"', b"'")
    yield "no quotes", body.replace(b'"', b"")
    yield "typographic quotes", text.replace('"', "\u201d").encode()
    yield "equals signs", body.replace(b":", b"=")
    yield "a no-break space before", b"\xc2\xa0" + body
    yield "a form feed before", b"\x0c" + body
    yield "a vertical tab inside", b"{\x0b" + body[1:]
    yield "a callback", b"callback(" + body + b")"
    yield "a prefix against hijacking", b")]}',\n" + body
    yield "inside an array", b"[" + body + b"]"
    yield "inside a text", json.dumps(text).encode()
    yield "compressed", gzip.compress(body)
    yield "records", b"\x1e" + body + b"\n"


def _other_encodings(text: str) -> Iterator[tuple[str, bytes]]:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
        yield encoding, text.encode(encoding)
    yield "utf-8 with a byte order mark", text.encode("utf-8-sig")
    yield "ebcdic", text.encode("cp500")
    yield "utf-7", b"+AHs-" + text[1:].encode("utf-7")


def paths_in(good: Document, path: Path = ()) -> Iterator[Path]:
    """Yield where each member of a body stands."""
    for name, value in good.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from paths_in(value, (*path, name))


def _member_twice(good: Document, path: Sequence[str], *, escaped: bool) -> bytes:
    """Return the body with one member written twice, the first time perhaps in escapes."""
    name, *rest = path
    members = []
    for key, value in good.items():
        if key == name and not rest:
            members += [(_escaped(key) if escaped else key, json.dumps(value))]
        inner = key == name and rest
        written = (
            _member_twice(value, rest, escaped=escaped).decode() if inner else json.dumps(value)
        )
        members.append((key, written))
    return ("{" + ",".join(f'"{key}":{value}' for key, value in members) + "}").encode()


def _escaped(key: str) -> str:
    return f"\\u{ord(key[0]):04x}{key[1:]}"


# --- what is too large, and what is strange -------------------------------------------------------


def padded(good: Document, length: int) -> bytes:
    """Return a body of that many bytes."""
    return json.dumps(good).encode().ljust(length)


def strange_bodies(good: Document) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that do no harm, each with its name."""
    text = json.dumps(good)
    for name, value in STRANGE_VALUES.items():
        yield f"unknown member: {name}", _with_unknown(text, value)
    yield "as long as may be", padded(good, BODY_BYTES_MAX)
    yield "a byte shorter than may be", padded(good, BODY_BYTES_MAX - 1)
    yield "all in escapes", "".join(_all_escaped(text)).encode()
    yield "a blank between all", json.dumps(good, indent=8).encode()
    yield "keys in another order", json.dumps(dict(reversed(good.items()))).encode()


def _all_escaped(text: str) -> Iterator[str]:
    """Yield a JSON text with every letter in a string written as an escape."""
    in_string = False
    for character in text:
        in_string ^= character == '"'
        yield f"\\u{ord(character):04x}" if in_string and character.isalpha() else character


def with_value(good: Document, path: Path, value: object) -> bytes:
    """Return the body with another value in one place."""
    name, *rest = path
    inner = json.loads(with_value(good.get(name, {}), tuple(rest), value)) if rest else value
    return json.dumps({**good, name: inner}).encode()
