"""Why an attribute is refused, as one of PACE's four codes and in English."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from lastschrift.domain.iban import (
    IbanCheckDigitsWrong,
    IbanCountryUnknown,
    IbanEmpty,
    IbanWrongCharacter,
    IbanWrongLength,
    IbanWrongStructure,
)
from lastschrift.domain.refusals import (
    ControlCharacter,
    CountryUnknown,
    EmailMalformed,
    InstantMalformed,
    Missing,
    NotLatin,
    NumberOutOfRange,
    TooLong,
    TooMany,
    ValueRefused,
    WrongKind,
)
from lastschrift.domain.sepa import OutsideSepa

INVALID_CONTENT: Final = "provider:invalid-content"
NOT_USABLE: Final = "provider:card-not-usable"
INVALID_CHARSET: Final = "invalid-charset"
TOO_LONG: Final = "too-long"

_CODES: Mapping[type[ValueRefused], str] = {
    OutsideSepa: NOT_USABLE,
    ControlCharacter: INVALID_CHARSET,
    NotLatin: INVALID_CHARSET,
    TooLong: TOO_LONG,
    ValueRefused: INVALID_CONTENT,
}

_WORDS: Mapping[type[ValueRefused], Callable[[Any], str]] = {
    Missing: lambda _: "is missing or empty",
    WrongKind: lambda reason: f"must be {reason.expected}",
    TooLong: lambda reason: f"has more than {reason.characters_max} characters",
    TooMany: lambda reason: f"has more than {reason.items_max} items",
    NumberOutOfRange: lambda reason: (
        f"must be a whole number from {reason.smallest} to {reason.largest}"
    ),
    InstantMalformed: lambda _: "is no date and time with an offset, as 2027-12-31T23:59:59Z",
    ControlCharacter: lambda _: "holds a control character",
    NotLatin: lambda _: "holds a character that is not of Latin script",
    EmailMalformed: lambda _: "is no e-mail address",
    CountryUnknown: lambda _: "is no country code of two letters (ISO 3166-1)",
    IbanEmpty: lambda _: "is missing or empty",
    IbanWrongCharacter: lambda _: "is no IBAN: only letters, digits and blanks belong there",
    IbanCountryUnknown: lambda _: "is no IBAN: no country has its first two characters",
    IbanWrongLength: lambda reason: (
        f"is no IBAN: {reason.got} characters, must be {reason.expected}"
    ),
    IbanWrongStructure: lambda _: "is no IBAN of its country",
    IbanCheckDigitsWrong: lambda _: "is no IBAN: the check digits are wrong",
    OutsideSepa: lambda reason: f"is an account outside of SEPA ({reason.country})",
    ValueRefused: lambda _: "is not valid",
}


def code_of(reason: ValueRefused) -> str:
    """Return PACE's code for why an attribute is refused."""
    return _CODES[_entry(reason, _CODES)]


def reason_in_words(reason: ValueRefused) -> str:
    """Return what is wrong with an attribute, to be put behind its name."""
    return _WORDS[_entry(reason, _WORDS)](reason)


def _entry(reason: ValueRefused, table: Mapping[type[ValueRefused], object]) -> type[ValueRefused]:
    """Return the nearest ancestor that the table knows."""
    return next(ancestor for ancestor in type(reason).__mro__ if ancestor in table)
