"""What can stand in a field instead of what should."""

from collections.abc import Mapping

from tests.web.hostile.texts import STRANGE_TEXTS

WRONG_KINDS: Mapping[str, object] = {
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "minus one": -1,
    "a fraction": 1.5,
    "more than 64 bits": 2**80,
    "an empty array": [],
    "an array with a text": ["text"],
    "an array of arrays": [[[]]],
    "an empty object": {},
    "an object": {"id": 1, "a": {"b": []}},
}

STRANGE_VALUES: Mapping[str, object] = {**WRONG_KINDS, **STRANGE_TEXTS}
"""An API may take some of them, and must not stumble over any."""
