"""What a query says, as a tree.

Columns count its characters from 1. Two trees that say the same are equal, wherever it was said.
"""

from dataclasses import dataclass, field

from lastschrift.operations.ports import Wildcard

Pattern = tuple[str | Wildcard, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """What a property is compared with: texts, never two in a row, and wildcards."""

    pattern: Pattern
    column: int = field(default=0, compare=False)

    @property
    def text(self) -> str | None:
        """The value, if there is no wildcard in it."""
        match self.pattern:
            case ():
                return ""
            case (str() as text,):
                return text
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Term:
    """``property:value``."""

    name: str
    value: Value
    column: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Range:
    """``property:[first TO last]``; None where there is no limit, written ``*``."""

    name: str
    first: Value | None
    last: Value | None
    column: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of them, two at least."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them, two at least."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """``NOT part``."""

    part: "Node"


Node = Term | Range | And | Or | Negation
