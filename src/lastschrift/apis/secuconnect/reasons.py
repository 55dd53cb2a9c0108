"""Why a field is refused, in secuconnect's English."""

from collections.abc import Callable, Mapping
from typing import Any

from lastschrift.apis.secuconnect.query import QueryMistake
from lastschrift.apis.secuconnect.refusals import (
    KeysDiffer,
    LifetimeMalformed,
    NotScrollable,
    SortMalformed,
)
from lastschrift.domain.bic import BicMalformed
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
    DateMalformed,
    Missing,
    NotTogether,
    NotVisibleAscii,
    NumberOutOfRange,
    TooLong,
    ValueRefused,
    WrongKind,
)
from lastschrift.domain.sepa import OutsideSepa

_WORDS: Mapping[type[ValueRefused], Callable[[Any], str]] = {
    Missing: lambda _: "is missing",
    WrongKind: lambda reason: f"must be {reason.expected}",
    TooLong: lambda reason: f"has more than {reason.characters_max} characters",
    ControlCharacter: lambda _: "holds a control character",
    DateMalformed: lambda _: "invalid dob format, must be a date as YYYY-MM-DD",
    NotTogether: lambda _: "names another customer than customer does",
    NotVisibleAscii: lambda _: "holds a character that is no visible one of ASCII",
    QueryMistake: lambda reason: f"column {reason.column}: {reason.mistake.value}",
    SortMalformed: lambda reason: (
        f"key {reason.number}: must be a property that can be sorted by, with asc or desc"
    ),
    NotScrollable: lambda _: "must be created, in either direction, where scroll_expire is",
    LifetimeMalformed: lambda _: "must be a number with s, m or h, and 24 hours at most",
    KeysDiffer: lambda _: "is another idempotency key than the one before",
    NumberOutOfRange: lambda reason: (
        f"must be a whole number from {reason.smallest} to {reason.largest}"
    ),
    BicMalformed: lambda _: "is no BIC",
    IbanEmpty: lambda _: "is missing",
    IbanWrongCharacter: lambda _: "is no IBAN: only letters, digits and blanks belong there",
    IbanCountryUnknown: lambda _: "is no IBAN: no country has its first two letters",
    IbanWrongLength: lambda reason: (
        f"is no IBAN: {reason.got} characters, must be {reason.expected}"
    ),
    IbanWrongStructure: lambda _: "is no IBAN of its country",
    IbanCheckDigitsWrong: lambda _: "is no IBAN: the check digits are wrong",
    OutsideSepa: lambda reason: f"is an account outside of SEPA ({reason.country})",
    ValueRefused: lambda _: "is not valid",
}


def reason_in_words(reason: ValueRefused) -> str:
    """Return what is wrong with a field, to be put behind its name."""
    entry = next(ancestor for ancestor in type(reason).__mro__ if ancestor in _WORDS)
    return _WORDS[entry](reason)
