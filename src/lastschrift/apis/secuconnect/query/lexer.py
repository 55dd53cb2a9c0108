r"""From a query's text to its words.

A value ends at a blank, a parenthesis or a bracket; within quotation marks it does not, and there
nothing but ``\"`` and ``\\`` is special. Outside of them ``*`` and ``?`` are wildcards, a backslash
takes a character as it is, and percent-encoding is decoded, ``+`` too: secuconnect's clients encode
each value by itself before they encode the whole query (PHPD ``searchForCustomer``).

>>> [word.sign.name for word in words("contact.surname:Do*")]
['PROPERTY', 'VALUE', 'END']
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import unquote_to_bytes

from lastschrift.apis.secuconnect.query.mistakes import Mistake, QueryMistake
from lastschrift.apis.secuconnect.query.syntax import Pattern
from lastschrift.operations.ports import ANY_CHARACTERS, ONE_CHARACTER, Wildcard


class Sign(Enum):
    """What a word is."""

    PROPERTY = auto()
    VALUE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    TO = auto()
    OPEN = auto()
    CLOSE = auto()
    RANGE_OPEN = auto()
    RANGE_CLOSE = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """One word: where it begins, a property's name, or what a value says."""

    sign: Sign
    column: int
    name: str = ""
    pattern: Pattern = ()


_BLANKS = re.compile(r"\s*")
_FREE = re.compile(r'[^\s()\[\]":]+')
_COLON = re.compile(r"\s*:")
_BARE = re.compile(r'(?:\\.|[^\s()\[\]"\\])+', re.DOTALL)
_QUOTED = re.compile(r'"((?:\\["\\]|[^"])*)"')
_PIECE = re.compile(
    r"\\(?P<escaped>.)|(?P<encoded>(?:%[0-9A-Fa-f]{2})+)|(?P<wildcard>[*?])|(?P<plain>[^\\%*?]+|%)",
    re.DOTALL,
)
_OPERATORS = {"AND": Sign.AND, "OR": Sign.OR, "NOT": Sign.NOT}
_BRACKETS = {
    "(": Sign.OPEN,
    ")": Sign.CLOSE,
    "[": Sign.RANGE_OPEN,
    "]": Sign.RANGE_CLOSE,
}
_WILDCARDS = {"*": ANY_CHARACTERS, "?": ONE_CHARACTER}


def words(text: str) -> Iterator[Word]:
    """Yield a query's words; the last one is END.

    Raises: QueryMistake.
    """
    place, is_value_next, is_in_range = 0, False, False
    while True:
        place = _end(_BLANKS, text, place)
        if place == len(text):
            yield Word(Sign.END, place + 1)
            return
        sign = _BRACKETS.get(text[place])
        if sign is not None:
            word, place = Word(sign, place + 1), place + 1
        elif is_value_next or is_in_range:
            word, place = _value(text, place, is_in_range=is_in_range)
        else:
            word, place = _free_word(text, place)
        is_value_next = word.sign is Sign.PROPERTY
        is_in_range = word.sign is Sign.RANGE_OPEN or (
            is_in_range and word.sign is not Sign.RANGE_CLOSE
        )
        yield word


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return place if match is None else match.end()


def _free_word(text: str, place: int) -> tuple[Word, int]:
    """Read an operator, or a property with its colon."""
    end = _end(_FREE, text, place)
    if end == place:
        raise QueryMistake(place + 1, Mistake.NOTHING_ASKED)
    written = text[place:end]
    behind_colon = _end(_COLON, text, end)
    if behind_colon > end:
        return Word(Sign.PROPERTY, place + 1, name=written), behind_colon
    operator = _OPERATORS.get(written.upper())
    if operator is None:
        raise QueryMistake(end + 1, Mistake.NO_COLON)
    return Word(operator, place + 1), end


def _value(text: str, place: int, *, is_in_range: bool) -> tuple[Word, int]:
    """Read a value, or the TO of a range, which may be a limit as well."""
    if text[place] == '"':
        return _quoted(text, place)
    match = _BARE.match(text, place)
    if match is None or text[match.end() : match.end() + 1] == "\\":
        raise QueryMistake(len(text) if match else place + 1, Mistake.NOTHING_ESCAPED)
    if is_in_range and match[0].upper() == "TO":
        return Word(Sign.TO, place + 1, pattern=(match[0],)), match.end()
    pattern = _joined(_pieces(match[0], place))
    return Word(Sign.VALUE, place + 1, pattern=pattern), match.end()


def _quoted(text: str, place: int) -> tuple[Word, int]:
    match = _QUOTED.match(text, place)
    if match is None:
        raise QueryMistake(place + 1, Mistake.QUOTE_NOT_CLOSED)
    said = re.sub(r'\\(["\\])', r"\1", match[1])
    pattern = (said,) if said else ()
    return Word(Sign.VALUE, place + 1, pattern=pattern), match.end()


def _pieces(written: str, place: int) -> Iterator[str | Wildcard]:
    for match in _PIECE.finditer(written):
        if match["wildcard"]:
            yield _WILDCARDS[match["wildcard"]]
        elif match["encoded"]:
            yield _decoded(match["encoded"], place + match.start())
        else:
            yield match["escaped"] or match["plain"].replace("+", " ")


def _decoded(encoded: str, place: int) -> str:
    try:
        return unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        raise QueryMistake(place + 1, Mistake.NO_UTF8) from None


def _joined(pieces: Iterator[str | Wildcard]) -> Pattern:
    """Return the pieces with neighbouring texts in one; ``**`` says no more than ``*``."""
    pattern: list[str | Wildcard] = []
    for piece in pieces:
        before = pattern[-1] if pattern else None
        if isinstance(piece, str) and isinstance(before, str):
            pattern[-1] = before + piece
        elif piece != before or piece is not ANY_CHARACTERS:
            pattern.append(piece)
    return tuple(pattern)
