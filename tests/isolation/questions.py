"""What is asked in the matrix: an operation, and where in its request the thing in question stands.

>>> from tests.isolation.references import all_operations
>>> get = next(it for it in all_operations() if it.path.endswith("/Customers/{id}"))
>>> [str(question.kind) for question in questions(get)]
['Kind.CUSTOMER']
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lastschrift.domain.access import Scope
from tests.isolation.references import Kind, Reference, references
from tests.web.descriptions import Operation

SCOPE_BY_KIND: Mapping[Kind, Scope] = {Kind.SUBJECT: Scope.PACE_READ_PER_USER}
"""What may be named only with a scope of its own, which is then the one that is needed."""


@dataclass(frozen=True, slots=True)
class Question:
    """An operation, and the references in its request that name the thing in question."""

    operation: Operation
    asked_at: frozenset[Reference] = frozenset()

    @property
    def kind(self) -> Kind | None:
        """What kind of thing is in question; None if nothing is."""
        return next((reference.kind for reference in self.asked_at), None)

    @property
    def scopes(self) -> set[str]:
        """What a token needs one of."""
        needed = {it for one in self.operation.described["security"] for it in one["oauth2"]}
        return needed | {scope for kind, scope in SCOPE_BY_KIND.items() if kind is self.kind}

    @property
    def references(self) -> list[Reference]:
        """All that a request has to name: what is in question, and what can't be left out."""
        return [it for it in references(self.operation) if it.is_required or it in self.asked_at]

    def __str__(self) -> str:
        operation = f"{self.operation.method} {self.operation.path}"
        return (
            f"{operation}, {' and '.join(sorted(map(str, self.asked_at))) or 'nothing in question'}"
        )


def questions(operation: Operation) -> Sequence[Question]:
    """Return a question for each reference of an operation.

    First all that can't be left out of one kind name the same, as an operation may want them to
    agree; then each does alone. Where all may be left out, that is a question, too.
    """
    found = references(operation)
    asked = [
        asked_at
        for reference in found
        for asked_at in (
            {reference} | {it for it in found if it.is_required and it.kind is reference.kind},
            {reference},
        )
    ]
    if not any(reference.is_required for reference in found):
        asked.append(set())
    distinct = dict.fromkeys(frozenset(asked_at) for asked_at in asked)
    return [Question(operation, asked_at) for asked_at in distinct]
