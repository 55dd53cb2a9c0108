"""Looking for thousands of values at once, however they are written.

`tests.canary.nose` looks for a few in every form. Here the data is read in several ways, and in
each everything that has the shape of a value is held against all that are looked for.
"""

import base64
import re
from collections.abc import Collection, Iterator, Mapping
from itertools import product

SHAPES: Mapping[str, re.Pattern[bytes]] = {
    "account number": re.compile(rb"(?=(\d{18}))"),
    "token": re.compile(rb"(?=([0-9a-v]{26}))"),
    "secret": re.compile(rb"(?=([0-9a-f]{64}))"),
}
"""Overlapping ones, too. An account number is what stands behind an IBAN's check digits."""

_BETWEEN_GROUPS = re.compile(rb"[\s_-]+")
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{36,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}")


def traces_of_many(values: Mapping[str, Collection[str]], data: bytes) -> set[str]:
    """Return how values of these kinds are written in data, if any are."""
    sought = {kind: {value.encode() for value in some} for kind, some in values.items()}
    return {
        f"{kind}, {how}"
        for (how, text), (kind, shape) in product(_readings(data), SHAPES.items())
        if any(found[1] in sought[kind] for found in shape.finditer(text))
    }


def _readings(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield "plain", data
    yield "in groups", _BETWEEN_GROUPS.sub(b"", data)
    yield "backwards", data[::-1]
    yield "in UTF-16", data.replace(b"\x00", b"")
    yield "in hexadecimal", b" ".join(_decoded_hexadecimal(data))
    yield "in base64", b" ".join(_decoded_base64(data))


def _decoded_hexadecimal(data: bytes) -> Iterator[bytes]:
    for run in _HEXADECIMAL.findall(data):
        for start in (0, 1):
            digits = run[start:]
            yield bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _decoded_base64(data: bytes) -> Iterator[bytes]:
    for run in _BASE64.findall(data):
        for start in range(4):
            letters = run[start:]
            if len(letters) % 4 == 1:  # No byte ends there.
                letters = letters[:-1]
            yield base64.b64decode(letters + b"=" * (-len(letters) % 4))
