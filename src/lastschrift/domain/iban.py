"""The IBAN: an account number that checks itself (ISO 13616-1).

An `Iban` is valid and in electronic format, or it does not exist. It never shows itself: only
`Iban.reveal` gives the number.

>>> Iban.parse("de89 3704 0044 0532 0130 00")
DE…3000
"""

import re
from enum import Enum
from string import ascii_lowercase, ascii_uppercase, digits
from typing import NoReturn, Self, final

from schwifty import BBAN
from schwifty.checksum import algorithms
from schwifty.exceptions import SchwiftyException

from lastschrift.domain.iban_registry import BBAN_START, STRUCTURES
from lastschrift.domain.refusals import ValueRefused

_WEIGHT_BY_CHARACTER = {  # ISO 7064 MOD 97-10, for letters and digits: A is 10, Z is 35
    ord(character): str(weight) for weight, character in enumerate(digits + ascii_uppercase)
}
_COUNTRY_WEIGHTS = {country: country.translate(_WEIGHT_BY_CHARACTER) for country in STRUCTURES}
_new, _set = object.__new__, object.__setattr__  # an `Iban` refuses to be changed
_NEVER_CHECK_DIGITS = frozenset({"00", "01", "99"})
"""They pass MOD 97-10 as 97, 98 and 02 do; check digits are given from 02 to 98."""


class IbanEmpty(ValueRefused):
    """There is nothing, or nothing but blanks."""


class IbanWrongCharacter(ValueRefused):
    """There is something other than the letters A-Z, the digits 0-9 and blanks."""


class IbanCountryUnknown(ValueRefused):
    """No IBAN begins with these two characters."""

    def __init__(self, country: str) -> None:
        super().__init__(country)
        self.country = country


class IbanWrongLength(ValueRefused):
    """The country's IBANs have another length; both are counted in characters, without blanks."""

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(expected, got)
        self.expected = expected
        self.got = got


class IbanWrongStructure(ValueRefused):
    """There is a letter where the country's IBANs have a digit, or a digit for a letter."""


class IbanCheckDigitsWrong(ValueRefused):
    """The check digits don't fit the rest: most likely a slip of the pen."""


@final
class Iban:
    """A valid IBAN, made by `Iban.parse`, or by `Iban.trusted` from what was parsed before.

    Wherever it could be printed by chance it shows no more than country and last four characters.
    It is no dataclass, because `dataclasses.asdict` and serialisers would look into one.
    """

    __slots__ = ("_text", "country")
    _text: str
    country: str
    """The two letters that it begins with."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the IBAN that ``text`` is, in whatever case and with whatever blanks.

        National check digits are not looked at (see `national_check`), nor whether the country
        takes part in SEPA (see `lastschrift.domain.sepa`).

        Raises, in this order: IbanEmpty, IbanWrongCharacter, IbanCountryUnknown, IbanWrongLength,
        IbanWrongStructure, IbanCheckDigitsWrong.
        """
        structure = STRUCTURES.get(text[:2])
        if structure is None or not structure.fits(text):
            text = electronic_format(text)
            _check_structure(text)
        bban, check_digits = text[BBAN_START:], text[2:BBAN_START]
        if not bban.isdigit():
            bban = bban.translate(_WEIGHT_BY_CHARACTER)
        weights = bban + _COUNTRY_WEIGHTS[text[:2]] + check_digits
        if int(weights) % 97 != 1 or check_digits in _NEVER_CHECK_DIGITS:
            raise IbanCheckDigitsWrong
        return cls.trusted(text)

    @classmethod
    def trusted(cls, text: str) -> Self:
        """Return the IBAN of a text that `reveal` once gave; nothing is checked again."""
        iban = _new(cls)
        _set(iban, "_text", text)
        _set(iban, "country", text[:2])
        return iban

    def reveal(self) -> str:
        """Return the full number in electronic format, for those who may have it."""
        return self._text

    @property
    def last_four(self) -> str:
        """The last four characters, by which people recognise their account."""
        return self._text[-4:]

    @property
    def bank_code(self) -> str:
        """The code under which the country's banks are listed; empty where it is not known."""
        text = self._text
        return text[STRUCTURES[text[:2]].bank_code]

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Iban) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"{self.country}…{self.last_four}"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("an IBAN is not pickled")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("an IBAN does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("an IBAN does not change")


_WHITE_SPACE = (  # Unicode 16.0, PropList.txt, White_Space
    *range(0x0009, 0x000E),
    *(0x0020, 0x0085, 0x00A0, 0x1680),
    *range(0x2000, 0x200B),
    *(0x2028, 0x2029, 0x202F, 0x205F, 0x3000),
)
_ZERO_WIDTH_SPACES = (0x200B, 0x2060, 0xFEFF)
"""Blanks that nobody sees; they come along when a number is copied from a page or a document."""

_TO_ELECTRONIC_FORMAT: dict[int, int | None] = {
    **str.maketrans(ascii_lowercase, ascii_uppercase),
    **dict.fromkeys(_WHITE_SPACE + _ZERO_WIDTH_SPACES),
}
_ALPHANUMERIC = re.compile("[A-Z0-9]+")


def electronic_format(text: str) -> str:
    """Return ``text`` without blanks and in upper case.

    Only ASCII letters are folded: Unicode would make ``SS`` of ``ß``, and ``I`` of a dotless i.
    """
    return text.translate(_TO_ELECTRONIC_FORMAT)


def _check_structure(text: str) -> None:
    """Raise the first reason why ``text`` is not built like an IBAN; `Iban.parse` lists them."""
    if not text:
        raise IbanEmpty
    if _ALPHANUMERIC.fullmatch(text) is None:
        raise IbanWrongCharacter
    structure = STRUCTURES.get(text[:2])
    if structure is None:
        raise IbanCountryUnknown(text[:2])
    if len(text) != structure.length:
        raise IbanWrongLength(structure.length, len(text))
    if not structure.fits(text):
        raise IbanWrongStructure


class NationalCheck(Enum):
    """What the check digits that a country puts inside its account numbers say."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The country, or this bank, has none, or its method is not known to us."""


def national_check(iban: Iban) -> NationalCheck:
    """Check an account number by the method of its country and bank, as schwifty knows it.

    To be told, never a reason to refuse: methods change every quarter.
    """
    bban = BBAN(iban.country, iban.reveal()[BBAN_START:])
    method = bban.bank.checksum_algo if bban.bank else "default"
    if f"{iban.country}:{method}" not in algorithms:
        return NationalCheck.UNKNOWN
    try:
        bban.validate_national_checksum()
    except SchwiftyException:
        return NationalCheck.FAILED
    return NationalCheck.PASSED
