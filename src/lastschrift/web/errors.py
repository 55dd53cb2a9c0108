"""From what happened to an answer: one mechanism, and the facts of the HTTP edge itself.

An API says in a table how it answers each fact; `ErrorTable` finds the entry of the fact's nearest
ancestor. What only HTTP can get wrong (a body too large, a method not known) is a fact like others.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from lastschrift.domain.errors import (
    DomainError,
    Invalid,
    NotAuthenticated,
    NotFound,
    Unavailable,
)

Answer = TypeVar("Answer")


class BodyTooLarge(Invalid):
    """The body has more bytes than may be sent."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__()
        self.bytes_max = bytes_max


class BodyMalformed(Invalid):
    """The body can't be read; ``detail`` says why in English, and holds nothing of the body."""

    def __init__(self, detail: str) -> None:
        super().__init__()
        self.detail = detail


class QueryMalformed(Invalid):
    """The URL's query can't be read."""


class MediaTypeUnsupported(Invalid):
    """The body is of another media type than this API takes."""


class NotAcceptable(Invalid):
    """The client does not take the media type that this API answers in."""


class MethodUnknown(Invalid):
    """There is something at this path, but it does not know this method."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__()
        self.allowed = tuple(allowed)


class RouteUnknown(NotFound):
    """There is nothing at this path."""


class TooManyAttempts(NotAuthenticated):
    """Too many wrong secrets were shown from here; whether this one is right was not looked at."""

    def __init__(self, retry_after_s: int = 1) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class Overloaded(Unavailable):
    """More requests are under way than can be answered soon; this one was not looked at."""


class Unexpected(DomainError):
    """Something broke that should not. It is logged under ``support_id``; only that goes out."""

    def __init__(self, support_id: str) -> None:
        super().__init__(support_id)
        self.support_id = support_id


class ErrorTable(Generic[Answer]):
    """An API's answers, each by the class of fact that it stands for."""

    def __init__(self, answers: Mapping[type[DomainError], Callable[..., Answer]]) -> None:
        self._answers = dict(answers)

    def entry(self, fact: type[DomainError]) -> type[DomainError]:
        """Return the nearest ancestor that the table knows.

        Raises: LookupError.
        """
        for ancestor in fact.__mro__:
            if ancestor in self._answers:
                return ancestor
        raise LookupError(fact.__name__)

    def answer(self, error: DomainError) -> Answer:
        """Return what this API says to ``error``."""
        return self._answers[self.entry(type(error))](error)
