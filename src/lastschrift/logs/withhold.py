"""The net that personal data does not pass on its way into a log.

First by type: only plain values are written, of anything else its type's name. Then, as a last
net, by shape: whatever looks like an IBAN, a token, a secret or a key in a text is masked. Names
have no shape: whoever logs must not log them.

>>> mask_text("no account DE89 3704 0044 0532 0130 00 there")
'no account <iban> there'
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from pathlib import PurePath
from uuid import UUID

from lastschrift.logs.describe import describe, reduce_tracebacks

_TEXT_MAX = 8_192
"""Characters of a text that are logged."""

_DEPTH_MAX = 12
"""How deep values may be nested; described exceptions nest deepest."""

_INTEGER_BITS = 64
"""Longer integers are no number to many readers of JSON, and to msgspec an error."""

_BLANK = r"[\s\u00AD\u200B-\u200D\u2060\uFEFF]"

_IBAN_FORMS = (
    # in electronic form
    r"[A-Za-z]{2}[0-9]{2}[A-Za-z0-9]{11,}",
    # in groups of four, as on paper
    (
        rf"[A-Za-z]{{2}}[0-9]{{2}}(?:(?:{_BLANK}|-){{1,3}}[A-Za-z0-9]{{4}}){{2,7}}"
        rf"(?:(?:{_BLANK}|-){{1,3}}[A-Za-z0-9]{{1,4}}(?![A-Za-z0-9]))?"
    ),
    # with blanks anywhere: only where nearly all are digits, or whole sentences would go
    (
        rf"[A-Za-z]{_BLANK}*[A-Za-z](?:{_BLANK}*[0-9]){{2}}(?:{_BLANK}*[A-Za-z]){{0,5}}"
        rf"(?:{_BLANK}*[0-9]){{10,}}(?:{_BLANK}*[A-Za-z]*[0-9][A-Za-z0-9]*)*"
    ),
)

_SHAPES = {
    # Ids come first: they are no secret, an error is found by them, and some look like an IBAN.
    "id": (
        r"(?<![0-9A-Za-z])(?:[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
        r"|PC[A-Z]_[02-9A-HJ-NP-Z]{30})(?![0-9A-Za-z])"
    ),
    "bearer_token": r"(?i:bearer)[\s:=]+[A-Za-z0-9._~+/-]+=*",  # RFC 6750 §2.1
    "basic_credentials": r"(?i:basic)[\s:=]+[A-Za-z0-9+/]{24,}=*",  # RFC 7617 §2
    "secret": r"[0-9A-Fa-f]{64,}",
    "access_token": r"(?<![0-9A-Za-z])[0-9a-v]{26}(?![0-9A-Za-z])",
    "key": r"[A-Za-z0-9+/]{43}=",
    "iban": "|".join(_IBAN_FORMS),
}
"""What is recognised in a text; of two shapes that begin at one place the upper one counts."""

_SHAPE = re.compile("|".join(f"(?P<{name}>{shape})" for name, shape in _SHAPES.items()))

_CONTROLS = re.compile(r"[\x00-\x1F\x7F-\x9F\u2028\u2029]+")
"""Line ends and terminal commands: with them a value could forge a line."""


def mask_text(text: str) -> str:
    """Return ``text`` on one line, with everything masked that looks like personal data."""
    text = text.encode(errors="backslashreplace").decode()
    line = _CONTROLS.sub(" ", reduce_tracebacks(text)).strip()
    masked = _SHAPE.sub(_mask, line)
    return masked if len(masked) <= _TEXT_MAX else masked[:_TEXT_MAX] + "…"


def plain(value: object, depth_max: int = _DEPTH_MAX) -> object:
    """Return what may be logged of a value: itself, if it is of a plain type, and masked."""
    if depth_max == 0:
        return "…"
    match value:
        case BaseException():
            return plain(describe(value), depth_max)
        case Mapping():
            return {mask_text(str(key)): plain(item, depth_max - 1) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item, depth_max - 1) for item in value]
        case _:
            return _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    match value:
        case Enum():
            return _plain_scalar(value.value)
        case None | bool() | float():
            return value
        case int() if value.bit_length() < _INTEGER_BITS:
            return value
        case str() | UUID() | PurePath() | datetime():
            return mask_text(str(value))
        case _:
            return f"<{type(value).__name__}>"


def _mask(match: re.Match[str]) -> str:
    return match[0] if match.lastgroup == "id" else f"<{match.lastgroup}>"
