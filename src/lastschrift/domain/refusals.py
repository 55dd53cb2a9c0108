"""Why a single value can't be taken, as facts without the value itself.

Each wire puts these facts into its own words; the value never travels with them, so that no log
and no error page can show it.
"""


class ValueRefused(Exception):
    """Why a value can't be taken; a fact, without the value itself."""


class Missing(ValueRefused):
    """A value is needed here and there is none."""


class WrongKind(ValueRefused):
    """A value of another kind is needed here (text, an object, one of a list)."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


class TooLong(ValueRefused):
    """A text has more characters than may be kept."""

    def __init__(self, characters_max: int) -> None:
        super().__init__(characters_max)
        self.characters_max = characters_max


class ControlCharacter(ValueRefused):
    """A text holds a character that does not print and is no blank."""


class NotLatin(ValueRefused):
    """A text holds letters of another script than Latin."""


class NotVisibleAscii(ValueRefused):
    """A text holds something else than the visible characters of ASCII."""


class EmailMalformed(ValueRefused):
    """A text is no e-mail address."""


class CountryUnknown(ValueRefused):
    """A text is no country code of ISO 3166-1 alpha-2."""


class DateMalformed(ValueRefused):
    """A text is no calendar date."""


class InstantMalformed(ValueRefused):
    """A text is no date and time of day with an offset from UTC (RFC 3339)."""


class TooMany(ValueRefused):
    """A list has more items than may be kept."""

    def __init__(self, items_max: int) -> None:
        super().__init__(items_max)
        self.items_max = items_max


class NotTogether(ValueRefused):
    """Two values contradict each other, or may not both be given."""


class NumberOutOfRange(ValueRefused):
    """A whole number lies outside of what is allowed."""

    def __init__(self, smallest: int, largest: int) -> None:
        super().__init__(smallest, largest)
        self.smallest = smallest
        self.largest = largest
