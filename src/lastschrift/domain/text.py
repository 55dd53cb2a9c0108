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

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@.<>()\[\],;:\\\"]+(\.[^\s@.<>()\[\],;:\\\"]+)+")


def clean_text(text: str, *, characters_max: int) -> str:
    """Return ``text`` in NFC.

    Raises: TooLong, ControlCharacter.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
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


def email_address(text: str, *, characters_max: int) -> str:
    """Return an e-mail address as it was written.

    Only the form ``local@domain.tld`` is asked for: whether mail arrives, no pattern can tell.

    Raises: TooLong, ControlCharacter, EmailMalformed.
    """
    text = clean_text(text, characters_max=characters_max)
    if _EMAIL.fullmatch(text) is None:
        raise EmailMalformed
    return text


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in _CONTROL_CATEGORIES


@lru_cache(maxsize=4096)
def _is_latin(character: str) -> bool:
    kind = unicodedata.category(character)[0]
    if kind == "L":
        return "LATIN" in unicodedata.name(character, "") or character in "ªº"
    if kind == "M":
        return unicodedata.name(character, "").startswith("COMBINING ")
    return kind in "NPSZ"
