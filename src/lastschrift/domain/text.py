"""Texts that people write: names, streets, towns, e-mail addresses.

A text is normalised to Unicode NFC and refused when it holds control characters (they have no place
in a bank file) or is longer than its place.

>>> clean_text("Jürgen", characters_max=70)
'Jürgen'
"""

import re
import unicodedata
from functools import lru_cache

from lastschrift.domain.refusals import ControlCharacter, EmailMalformed, NotLatin, TooLong

_CONTROL_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Controls, lone surrogates, line and paragraph separators; joiners (Cf) are part of some names."""

_COMPOSED_OF_MAX = 4
"""NFC makes one character of so many at most (Unicode 16.0: U+1F82 is made of four)."""

_DIACRITICS = (  # Unicode 16.0, Blocks.txt: marks that no script has for itself
    range(0x0300, 0x0370),  # Combining Diacritical Marks
    range(0x1AB0, 0x1B00),  # … Extended
    range(0x1DC0, 0x1E00),  # … Supplement
    range(0xFE20, 0xFE2E),  # Combining Half Marks, but for the Cyrillic ones
)

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@.<>()\[\],;:\\\"]+(\.[^\s@.<>()\[\],;:\\\"]+)+")


def clean_text(text: str, *, characters_max: int) -> str:
    """Return ``text`` in NFC.

    Raises: TooLong, ControlCharacter.
    """
    if text.isascii() and text.isprintable() and len(text) <= characters_max:
        return text  # as most do, and sooner said
    if not text.isascii():
        text = _compose(text, characters_max)
    if len(text) > characters_max:
        raise TooLong(characters_max)
    if not text.isprintable() and any(map(_is_control, text)):
        raise ControlCharacter
    return text


def latin_text(text: str, *, characters_max: int) -> str:
    """Return ``text`` in NFC, written in Latin script.

    Latin letters and their marks, digits, punctuation, symbols and blanks, as PACE's error code
    ``invalid-charset`` ("charset is not latin") asks; which characters that means is `assumed`.

    Raises: TooLong, ControlCharacter, NotLatin.
    """
    text = clean_text(text, characters_max=characters_max)
    if not text.isascii() and not all(map(_is_latin, text)):
        raise NotLatin
    return text


def email_address(text: str) -> str:
    """Return an e-mail address as it was written.

    Only the form ``local@domain.tld`` is asked for: whether mail arrives, no pattern can tell.

    Raises: EmailMalformed.
    """
    if _EMAIL.fullmatch(text) is None:
        raise EmailMalformed
    return text


def fold_text(text: str) -> str:
    """Return a text as it is compared where letter case does not matter (Unicode's case folding).

    >>> fold_text("STRASSE") == fold_text("Straße")
    True
    """
    return text.casefold() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def is_blank(text: str) -> bool:
    """Whether ``text`` is empty, or nothing but blanks."""
    return not text or text.isspace()


def _compose(text: str, characters_max: int) -> str:
    """Return ``text`` in NFC.

    What will be too long in NFC too is refused before: to put many marks in order takes time that
    grows with the square of their number (measured: 1.7 s for 60,000 bytes).
    """
    if len(text) > _COMPOSED_OF_MAX * characters_max:
        raise TooLong(characters_max)
    return unicodedata.normalize("NFC", text)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in _CONTROL_CATEGORIES


@lru_cache(maxsize=4096)
def _is_latin(character: str) -> bool:
    """Whether a character may stand in Latin script.

    Python does not tell a character's script; its name does, but for a few phonetic signs.
    """
    kind = unicodedata.category(character)[0]
    if kind == "L":
        return "LATIN " in unicodedata.name(character, "") or character in "ªº"
    if kind == "M":
        return any(ord(character) in block for block in _DIACRITICS)
    return kind in "NPSZ"
