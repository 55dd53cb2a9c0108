"""From a query's words to its tree: NOT binds more than AND, AND more than OR.

    query     = all { "OR" all }
    all       = one { "AND" one }
    one       = "NOT" one | "(" query ")" | property ":" value | property ":" range
    range     = "[" value "TO" value "]"

Operators are taken in any letter case.

>>> parse_query("contact.surname:Doe")
Term(name='contact.surname', value=Value(pattern=('Doe',), column=17), column=1)
"""

from typing import Final

from lastschrift.apis.secuconnect.query.lexer import Sign, Word, words
from lastschrift.apis.secuconnect.query.mistakes import Mistake, QueryMistake
from lastschrift.apis.secuconnect.query.syntax import And, Negation, Node, Or, Range, Term, Value
from lastschrift.domain.refusals import ControlCharacter
from lastschrift.domain.text import clean_text
from lastschrift.operations.ports import ANY_CHARACTERS, Wildcard

CHARACTERS_MAX: Final = 2_000
CONDITIONS_MAX: Final = 50
DEPTH_MAX: Final = 20
"""Larger queries are refused: an answer must not depend on how much a stack holds."""


def parse_query(text: str) -> Node:
    """Return what a query says.

    Raises: QueryMistake, for the first mistake.
    """
    if len(text) > CHARACTERS_MAX:
        raise QueryMistake(CHARACTERS_MAX + 1, Mistake.TOO_LONG)
    parser = _Parser(text)
    node = parser.query(depth=0)
    parser.end()
    return node


class _Parser:
    """Takes one word after the other; ``_next`` is the first that is not taken yet."""

    def __init__(self, text: str) -> None:
        self._words = words(text)
        self._next = next(self._words)
        self._conditions = 0

    def query(self, depth: int) -> Node:
        """Take what may stand in parentheses."""
        parts = [self._all(depth)]
        while self._takes(Sign.OR):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def end(self) -> None:
        """Take the end of the query."""
        if self._next.sign is not Sign.END:
            is_closing = self._next.sign is Sign.CLOSE
            raise self._mistake(Mistake.NOT_OPENED if is_closing else Mistake.NO_OPERATOR)

    def _all(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while self._takes(Sign.AND):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, depth: int) -> Node:
        if depth > DEPTH_MAX:
            raise self._mistake(Mistake.TOO_DEEP)
        word = self._next
        if self._takes(Sign.NOT):
            return Negation(self._one(depth + 1))
        if self._takes(Sign.OPEN):
            return self._parenthesised(word, depth + 1)
        if self._takes(Sign.PROPERTY):
            return self._condition(word)
        raise self._mistake(Mistake.NOTHING_ASKED)

    def _parenthesised(self, opening: Word, depth: int) -> Node:
        node = self.query(depth)
        if self._takes(Sign.CLOSE):
            return node
        if self._next.sign is Sign.END:
            raise QueryMistake(opening.column, Mistake.NOT_CLOSED)
        raise self._mistake(Mistake.NO_OPERATOR)

    def _condition(self, name: Word) -> Node:
        self._conditions += 1
        if self._conditions > CONDITIONS_MAX:
            raise QueryMistake(name.column, Mistake.TOO_MANY_CONDITIONS)
        opening = self._next
        if self._takes(Sign.RANGE_OPEN):
            return self._range(name, opening)
        return Term(name.name, self._value(Mistake.NO_VALUE), name.column)

    def _range(self, name: Word, opening: Word) -> Node:
        first = self._limit()
        if not self._takes(Sign.TO):
            raise self._mistake(Mistake.RANGE_MALFORMED)
        last = self._limit()
        if not self._takes(Sign.RANGE_CLOSE):
            if self._next.sign is Sign.END:
                raise QueryMistake(opening.column, Mistake.RANGE_NOT_CLOSED)
            raise self._mistake(Mistake.RANGE_MALFORMED)
        return Range(name.name, first, last, name.column)

    def _limit(self) -> Value | None:
        """Take one end of a range; None where it is open."""
        value = self._value(Mistake.RANGE_MALFORMED)
        if value.pattern == (ANY_CHARACTERS,):
            return None
        if value.text is None:
            raise QueryMistake(value.column, Mistake.NO_PATTERN)
        return value

    def _value(self, otherwise: Mistake) -> Value:
        word = self._next
        if not (self._takes(Sign.VALUE) or self._takes(Sign.TO)):
            raise self._mistake(otherwise)
        return Value(tuple(_cleaned(piece, word.column) for piece in word.pattern), word.column)

    def _takes(self, sign: Sign) -> bool:
        """Take the next word if it is such a one, and return whether it was."""
        is_it = self._next.sign is sign
        if is_it:
            self._next = next(self._words)
        return is_it

    def _mistake(self, mistake: Mistake) -> QueryMistake:
        return QueryMistake(self._next.column, mistake)


def _cleaned(piece: str | Wildcard, column: int) -> str | Wildcard:
    """Return a piece of a value as it would have been kept."""
    if isinstance(piece, Wildcard):
        return piece
    try:
        return clean_text(piece, characters_max=CHARACTERS_MAX)
    except ControlCharacter:
        raise QueryMistake(column, Mistake.CONTROL_CHARACTER) from None
