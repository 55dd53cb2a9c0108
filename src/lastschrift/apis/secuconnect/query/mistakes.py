"""What can be wrong with a query, and where."""

from enum import Enum

from lastschrift.domain.refusals import ValueRefused


class Mistake(Enum):
    """One thing that is wrong; the value says it behind "column 7: "."""

    TOO_LONG = "the query is too long"
    TOO_MANY_CONDITIONS = "there are too many conditions"
    TOO_DEEP = "there are too many parentheses within each other"
    CONTROL_CHARACTER = "a control character can't be searched for"
    NOTHING_ASKED = "a condition is missing, such as contact.surname:Doe"
    NO_OPERATOR = "AND or OR is missing"
    NO_COLON = "a colon is missing behind the property"
    NO_VALUE = "a value is missing"
    PROPERTY_UNKNOWN = "no property that can be searched by has this name"
    NOT_CLOSED = "this parenthesis is not closed"
    NOT_OPENED = "this parenthesis was not opened"
    QUOTE_NOT_CLOSED = "this quotation mark is not closed"
    RANGE_NOT_CLOSED = "this range is not closed"
    RANGE_MALFORMED = "a range must be written as [a TO b]"
    NO_RANGE = "this property has no ranges"
    NO_PATTERN = "a wildcard can't stand here, only a whole value"
    NOTHING_ESCAPED = "a backslash needs a character behind it"
    NO_UTF8 = "this is no percent-encoded UTF-8"
    NO_INSTANT = "must be a date as 2017-11-09, or a time as 2017-11-09T20:16:13+01:00"
    NO_DATE = "must be a date as 1901-02-03"
    NO_IBAN = "must be a whole IBAN"


class QueryMistake(ValueRefused):
    """A query is wrong; ``column`` counts its characters from 1."""

    def __init__(self, column: int, mistake: Mistake) -> None:
        super().__init__(column, mistake.name)
        self.column = column
        self.mistake = mistake
