"""Texts: composed, bounded, free of controls; in Latin script where a wire asks for it."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.domain.refusals import (
    ControlCharacter,
    EmailMalformed,
    NotLatin,
    TooLong,
    ValueRefused,
)
from lastschrift.domain.text import clean_text, email_address, is_blank, latin_text


def latin(text: str) -> str:
    return latin_text(text, characters_max=70)


@given(st.text(max_size=100))
def test_a_clean_text_is_composed_and_fits(text: str) -> None:
    try:
        clean = clean_text(text, characters_max=70)
    except ValueRefused:
        return
    assert unicodedata.is_normalized("NFC", clean)
    assert len(clean) <= 70


@given(st.text(max_size=100))
def test_a_text_that_fits_when_composed_is_not_too_long(text: str) -> None:
    length = len(unicodedata.normalize("NFC", text))
    try:
        clean_text(text, characters_max=length)
    except ControlCharacter:
        return
    if length:
        with pytest.raises(TooLong):
            clean_text(text, characters_max=length - 1)


def test_no_character_is_composed_of_more_than_four() -> None:
    lengths = (len(unicodedata.normalize("NFD", chr(point))) for point in range(0x30000))
    assert max(lengths) == 4


def test_a_text_of_many_marks_is_refused_at_once() -> None:
    started = time.process_time()
    with pytest.raises(TooLong):
        clean_text("a" + "\u0315\u0300" * 15_000, characters_max=255)
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize("character", ["\0", "\n", "\x7f", "\x85", "\u2028", "\ud800"])
def test_a_control_character_is_refused(character: str) -> None:
    with pytest.raises(ControlCharacter):
        clean_text(f"a{character}b", characters_max=70)


def test_a_joiner_is_part_of_some_names() -> None:
    assert clean_text("نامه\u200cای", characters_max=70) == "نامه\u200cای"


@pytest.mark.parametrize(
    "text",
    [
        "Haid-und-Neu-Str. 18/2 (Hof) & Söhne",
        "Müller-Lüdenscheidt, Ærøskøbing, Łódź, Þórður, Iași, Tiếng Việt",
        "Mu\u0308ller",
        "Straße № 5 – „Süd“ § 3 €",
        "1ª planta, 2º",
        "M\u030cx\u0302",
        "Ａ",
    ],
)
def test_latin_letters_marks_digits_and_symbols_are_taken(text: str) -> None:
    assert latin(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "text",
    [
        "Київ",
        "Αθήνα",
        "東京",
        "a\u0483",
        "a\u0591",
        "Ⱞ",
        "soft\u00adhyphen",
        "a\u200db",
        "\ue000",
        "\u0378",
    ],
)
def test_other_scripts_and_invisible_characters_are_not_latin(text: str) -> None:
    with pytest.raises(NotLatin):
        latin(text)


@pytest.mark.parametrize(
    "text",
    [
        "jon.smith@example.com",
        "jon+tag@mail.example.co.uk",
        "jürgen@müller.example",
        "!#$%&'*+-/=?^_`{|}~@example.com",
    ],
)
def test_an_email_address_is_kept_as_written(text: str) -> None:
    assert email_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jon",
        "@example.com",
        "jon@",
        "jon@example",
        "jon@example.",
        "jon@.com",
        "jon@example..com",
        "jon@exa@mple.com",
        "jon smith@example.com",
        "Jon <jon@example.com>",
        "jon@example.com, eva@example.com",
        "jon@example.com\n",
    ],
)
def test_what_is_no_email_address_is_refused(text: str) -> None:
    with pytest.raises(EmailMalformed):
        email_address(text)


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u00a0\u2003"])
def test_nothing_but_blanks_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", " a ", "\u200b"])
def test_anything_else_is_not_blank(text: str) -> None:
    assert not is_blank(text)
