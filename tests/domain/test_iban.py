"""An account number is taken as people write it, and refused with the reason."""

import json
import pickle
import re
import traceback
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
import schwifty
from hypothesis import assume, given
from hypothesis import strategies as st
from schwifty.exceptions import NationalChecksumNotVerified, SchwiftyException
from schwifty.registry import get_iban_spec
from stdnum import iban as stdnum
from stdnum.exceptions import ValidationError

from lastschrift.domain import iban as iban_module
from lastschrift.domain.iban import (
    Iban,
    IbanCountryUnknown,
    IbanWrongLength,
    NationalCheck,
    electronic_format,
    national_check,
)
from lastschrift.domain.iban_registry import STRUCTURES
from lastschrift.domain.refusals import ValueRefused
from tests.domain.vectors.build import (
    DIGITS,
    IBAN_PREFIX_BY_TERRITORY,
    LETTERS,
    VALID_IBANS,
    bban_alphabets,
    iban_of,
    registry_countries,
)

VALID_BY_COUNTRY: dict[str, str] = json.loads(VALID_IBANS.read_text())
REFUSED: list[dict[str, str]] = json.loads(
    Path(__file__).with_name("vectors").joinpath("iban-refused.json").read_text()
)

COMMERZBANK = "DE89370400440532013000"

COUNTRIES = registry_countries()
ALPHABETS = {country: bban_alphabets(country) for country in COUNTRIES}

WHITE_SPACE = (
    "\t\n\v\f\r \u0085\u00a0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
ZERO_WIDTH_SPACES = "\u200b\u2060\ufeff"

YET_TO_BE_REGISTERED = {country for country in COUNTRIES if get_iban_spec(country).aspirational}
UNREGISTERED = YET_TO_BE_REGISTERED | IBAN_PREFIX_BY_TERRITORY.keys()
"""Known to schwifty, but not to SWIFT's registry."""


@st.composite
def valid_ibans(draw: st.DrawFn) -> str:
    """A valid IBAN of any country."""
    country = draw(st.sampled_from(COUNTRIES))
    bban = "".join(draw(st.sampled_from(alphabet)) for alphabet in ALPHABETS[country])
    return iban_of(country, bban)


@st.composite
def nearly_ibans(draw: st.DrawFn, *, strange: str) -> str:
    """A valid IBAN, or one with up to three characters replaced, lost, or followed by another."""
    characters = list(draw(valid_ibans()))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(characters) - 1))
        kept = draw(st.sampled_from((characters[place], "")))
        characters[place] = kept + draw(st.sampled_from(("", *strange)))
    return "".join(characters)


def accepted(text: str) -> str | None:
    """Return what a text is taken for, or None if it is refused."""
    try:
        return Iban.parse(text).reveal()
    except ValueRefused:
        return None


def is_accepted(text: str) -> bool:
    return accepted(text) is not None


# --- vectors --------------------------------------------------------------------------------------


def test_every_country_of_the_registry_has_a_vector() -> None:
    assert sorted(VALID_BY_COUNTRY) == COUNTRIES == sorted(STRUCTURES)


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_valid_iban_of_every_country_is_taken(country: str) -> None:
    iban = Iban.parse(VALID_BY_COUNTRY[country])
    assert iban.reveal() == VALID_BY_COUNTRY[country]
    assert iban.country == country
    assert iban.last_four == VALID_BY_COUNTRY[country][-4:]


@pytest.mark.parametrize("vector", REFUSED, ids=lambda vector: vector["why"])
def test_a_wrong_iban_is_refused_with_its_first_reason(vector: dict[str, str]) -> None:
    with pytest.raises(ValueRefused) as refusal:
        Iban.parse(vector["text"])
    assert type(refusal.value).__name__ == vector["reason"]


def test_every_reason_has_a_vector() -> None:
    reasons = {
        name
        for name, kind in vars(iban_module).items()
        if isinstance(kind, type) and issubclass(kind, ValueRefused) and kind is not ValueRefused
    }
    assert reasons == {vector["reason"] for vector in REFUSED}


def test_a_wrong_length_tells_both_lengths() -> None:
    with pytest.raises(IbanWrongLength) as refusal:
        Iban.parse("DE89 3704 0044 0532 0130")
    assert (refusal.value.expected, refusal.value.got) == (22, 20)


def test_an_unknown_country_is_told() -> None:
    with pytest.raises(IbanCountryUnknown) as refusal:
        Iban.parse("xx89 3704")
    assert refusal.value.country == "XX"


# --- blanks and case ------------------------------------------------------------------------------


@given(iban=valid_ibans(), data=st.data())
def test_blanks_and_case_do_not_matter(iban: str, data: st.DataObject) -> None:
    blanks = st.text(WHITE_SPACE + ZERO_WIDTH_SPACES, max_size=2)
    written = data.draw(blanks) + "".join(
        data.draw(st.sampled_from((character, character.lower()))) + data.draw(blanks)
        for character in iban
    )
    assert Iban.parse(written).reveal() == iban


@pytest.mark.parametrize("blank", WHITE_SPACE + ZERO_WIDTH_SPACES, ids=lambda b: f"U+{ord(b):04X}")
def test_each_kind_of_blank_is_stripped(blank: str) -> None:
    groups = ("DE89", "3704", "0044", "0532", "0130", "00")
    assert Iban.parse(blank + blank.join(groups) + blank).reveal() == COMMERZBANK


@given(st.text())
def test_only_ascii_letters_are_folded(text: str) -> None:
    folded = electronic_format(text)
    assert [c for c in folded if not c.isascii()] == [
        c for c in text if not c.isascii() and c not in WHITE_SPACE + ZERO_WIDTH_SPACES
    ]
    assert len(folded) <= len(text)


# --- slips of the pen -----------------------------------------------------------------------------


@given(iban=valid_ibans(), data=st.data())
def test_one_digit_or_letter_mistaken_for_another_is_refused(
    iban: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(iban) - 1))
    alphabet = DIGITS if iban[place] in DIGITS else LETTERS
    other = data.draw(st.sampled_from(alphabet.replace(iban[place], "")))
    assert not is_accepted(iban[:place] + other + iban[place + 1 :])


@given(iban=valid_ibans(), data=st.data())
def test_two_neighbouring_digits_or_letters_that_changed_places_are_refused(
    iban: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(iban) - 2))
    first, second = iban[place], iban[place + 1]
    assume(first != second and (first in DIGITS) == (second in DIGITS))
    assert not is_accepted(iban[:place] + second + first + iban[place + 2 :])


@pytest.mark.parametrize("pair", ["1B", "2M", "3X"])
def test_a_digit_and_the_letter_that_weighs_eleven_times_as_much_may_change_places(
    pair: str,
) -> None:
    """What ISO 7064 MOD 97-10 can't see: ``1B`` and ``B1`` both weigh 111."""
    iban = iban_of("MT", f"MALT01100{pair}000012345MTLCAST")
    assert is_accepted(iban)
    assert is_accepted(iban.replace(pair, pair[::-1]))


@given(st.text())
def test_any_text_is_taken_or_refused_and_nothing_else_happens(text: str) -> None:
    is_accepted(text)


# --- other libraries as judges --------------------------------------------------------------------


@given(nearly_ibans(strange=DIGITS + LETTERS + LETTERS.lower() + " \t\n\u00a0\u2009-./_+*ÄБ٠"))
def test_schwifty_agrees(text: str) -> None:
    try:
        expected: str | None = str(schwifty.IBAN(text))
    except SchwiftyException:
        expected = None
    assert accepted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "DE89\u001c370400440532013000",  # a control character that Python calls a blank
        "\u0131E29AIBK93115212345678",  # dotless i
        "MT84MALT011000012345MTLCA\u017fT001S",  # long s
    ],
)
def test_schwifty_takes_strange_characters_that_we_refuse(text: str) -> None:
    assert schwifty.IBAN(text, allow_invalid=True).is_valid
    assert not is_accepted(text)


@pytest.mark.parametrize("blank", ZERO_WIDTH_SPACES)
def test_schwifty_refuses_invisible_blanks_that_we_strip(blank: str) -> None:
    text = f"DE89{blank}370400440532013000"
    assert not schwifty.IBAN(text, allow_invalid=True).is_valid
    assert is_accepted(text)


@given(nearly_ibans(strange=DIGITS + LETTERS + LETTERS.lower()))
def test_stdnum_agrees(text: str) -> None:
    upper = text.upper()
    assume(upper[:2] not in UNREGISTERED | {"BR"})  # Brazil's letters are newer than stdnum's data
    assume(upper[2:4].isdigit() and upper[2:4] not in {"00", "01", "99"})
    assert is_accepted(text) == stdnum_accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        "DE00939072836715422522",  # check digits that no bank gives
        "DE01706146338969400272",
        "DE99244757710465634148",
        "GB2LABBY09012857201707",  # a letter among the check digits
        "DE89-3704-0044-0532-0130-00",  # stdnum strips hyphens and dots
        "NO93.8601.1117947",
    ],
)
def test_stdnum_takes_what_we_refuse(text: str) -> None:
    assert stdnum_accepts(text)
    assert not is_accepted(text)


def test_stdnum_knows_the_same_countries_but_unregistered_ones() -> None:
    refused = {country for country, iban in VALID_BY_COUNTRY.items() if not stdnum_accepts(iban)}
    assert refused - {"BR"} == UNREGISTERED


def stdnum_accepts(text: str) -> bool:
    try:
        stdnum.validate(text, check_country=False)
    except ValidationError:
        return False
    return True


# --- national check digits ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (COMMERZBANK, NationalCheck.PASSED),
        ("DE62370400440532013001", NationalCheck.PASSED),  # method 13: the last two may vary
        ("DE55370400440532014000", NationalCheck.FAILED),
        ("ES9121000418450200051332", NationalCheck.PASSED),
        ("ES8350210036679521296135", NationalCheck.FAILED),
        ("GB29NWBK60161331926819", NationalCheck.UNKNOWN),  # a country without a method
        (iban_of("DE", "010101010000000001"), NationalCheck.UNKNOWN),  # a bank without one
    ],
)
def test_national_check_digits_are_told(text: str, expected: NationalCheck) -> None:
    assert national_check(Iban.parse(text)) is expected


@given(valid_ibans())
def test_the_national_check_agrees_with_schwifty(text: str) -> None:
    outcome = national_check(Iban.parse(text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NationalChecksumNotVerified)
        is_passed = not raises(lambda: schwifty.IBAN(text, validate_bban=True), SchwiftyException)
    assert is_passed == (outcome is not NationalCheck.FAILED)


# --- a value that keeps its number to itself ------------------------------------------------------


def test_ibans_of_the_same_number_are_equal() -> None:
    iban = Iban.parse("de89 3704 0044 0532 0130 00")
    assert iban == Iban.trusted(COMMERZBANK)
    assert hash(iban) == hash(Iban.trusted(COMMERZBANK))
    assert iban != Iban.parse("DE62370400440532013001")
    assert iban != COMMERZBANK


def test_an_iban_does_not_change() -> None:
    iban = Iban.parse(COMMERZBANK)
    with pytest.raises(AttributeError):
        iban._text = "DE62370400440532013001"
    with pytest.raises(AttributeError):
        del iban._text
    with pytest.raises(AttributeError):
        iban.owner = "John Doe"
    assert iban.reveal() == COMMERZBANK


def test_an_iban_is_made_by_parsing_only() -> None:
    with pytest.raises(TypeError):
        Iban(COMMERZBANK)  # type: ignore[call-arg]  # what this test is about


@given(valid_ibans())
def test_no_text_of_an_iban_shows_its_number(text: str) -> None:
    iban = Iban.parse(text)
    shown = [
        repr(iban),
        str(iban),
        f"{iban}",
        f"{iban!r}",
        f"{iban!s:>40}",
        f"{iban} {[iban]!r}",
    ]
    assert shown[0] == f"{text[:2]}…{text[-4:]}"
    for shape in shown:
        assert not any(text[place : place + 5] in shape for place in range(len(text) - 4))


def test_an_iban_is_not_pickled() -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(Iban.parse(COMMERZBANK), protocol)


@dataclass(frozen=True)
class Holder:
    iban: Iban


def test_an_iban_does_not_leave_as_part_of_a_dictionary() -> None:
    with pytest.raises(TypeError):
        asdict(Holder(Iban.parse(COMMERZBANK)))


@given(valid_ibans(), st.sampled_from(("", "0", "?", "A")))
def test_no_refusal_and_no_traceback_shows_the_number(iban: str, addition: str) -> None:
    wrong = iban[:2] + f"{(int(iban[2:4]) - 1) % 97:02d}" + iban[4:] + addition
    with pytest.raises(ValueRefused) as refusal:
        Iban.parse(wrong)
    told = "".join(traceback.format_exception(refusal.value)) + repr(vars(refusal.value))
    assert re.sub(r"\W", "", wrong[4:]) not in told
    assert refusal.value.__cause__ is refusal.value.__context__ is None


def raises(action: Callable[[], object], kind: type[Exception]) -> bool:
    try:
        action()
    except kind:
        return True
    return False
