"""A nose for values, in whatever form they are written.

traces({"IBAN": "DE89370400440532013000"}, b"no account DE89 3704 0044 0532 0130 00 here")
"""

import base64
import json
import re
from collections.abc import Mapping
from urllib.parse import quote

_BETWEEN_GROUPS = re.compile(rb"[\s_-]+")
"""What people put between the groups of a number."""

_WHOLE_BYTES = 3
"""Of so many bytes base64 makes four letters."""


def traces(values: Mapping[str, str], data: bytes) -> list[str]:
    """Return the names of the values that are in ``data``, each with the form that it is in."""
    looked_at = [data.lower(), _BETWEEN_GROUPS.sub(b"", data.lower())]
    return [
        f"{name}, {how}"
        for name, value in values.items()
        for how, written in written_forms(value).items()
        if any(written.lower() in text for text in looked_at)
    ]


def written_forms(value: str) -> dict[str, bytes]:
    """Return a value in the forms that programs write values in; those that differ, by name."""
    plain = value.encode()
    return {
        "plain": plain,
        "without its country": plain[4:],
        "in hexadecimal": plain.hex().encode(),
        "in UTF-16": value.encode("utf-16-le"),
        "in per cent": quote(value, safe="").encode(),
        "in JSON": json.dumps(value)[1:-1].encode(),
        "backwards": plain[::-1],
        **{f"in base64, {start} bytes before": _base64(plain, start) for start in range(3)},
    }


def _base64(plain: bytes, start: int) -> bytes:
    """Return the letters that base64 makes of a text, whatever stands around it."""
    letters = base64.b64encode(bytes(start) + plain)
    first = 4 if start else 0
    last = (start + len(plain)) // _WHOLE_BYTES * 4
    return letters[first:last]
