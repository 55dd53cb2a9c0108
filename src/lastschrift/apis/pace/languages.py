"""Which of our languages a client reads best (``Accept-Language``, RFC 9110 §12.5.4).

>>> preferred_language(b"fr, de-AT;q=0.8, en;q=0.5")
<Language.GERMAN: 'de'>
"""

import re
from collections.abc import Iterator
from enum import Enum


class Language(Enum):
    """A language that kinds and vendors have names in."""

    ENGLISH = "en"
    GERMAN = "de"


_RANGE = re.compile(
    rb"\s*(?P<tag>[a-z]{1,8}|\*)(?:-[a-z0-9]{1,8})*\s*(?:;\s*q=(?P<quality>[01](?:\.[0-9]{0,3})?))?\s*",
    re.IGNORECASE,
)
_BY_TAG = {
    b"*": Language.ENGLISH,
    **{language.value.encode(): language for language in Language},
}


def preferred_language(accepted: bytes | None) -> Language:
    """Return the language of the best range that is one of ours; English where none is.

    A range counts by its language alone: ``de-AT`` is German. Of equals the first counts.
    """
    found = list(_weighed(accepted or b""))
    return max(found, key=lambda weighed: weighed[0])[1] if found else Language.ENGLISH


def _weighed(accepted: bytes) -> Iterator[tuple[float, Language]]:
    """Yield our languages that are wanted at all, and how much; what is no range is left out."""
    for match in map(_RANGE.fullmatch, accepted.split(b",")):
        if match is None:
            continue
        language = _BY_TAG.get(match["tag"].lower())
        quality = float(match["quality"] or 1)
        if language is not None and quality > 0:
            yield quality, language
