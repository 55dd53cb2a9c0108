"""Running an operation, a coroutine, to its end without an event loop.

On SQLite nothing in an operation waits, so a single ``send(None)`` runs all of it. One that waits
all the same (an ``await`` of something other than its transaction) is an error of ours.
"""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class OperationWaited(Exception):
    """An operation awaited something that was not there yet; it was ended and undone."""


def drive(operation: Coroutine[Any, Any, T]) -> T:
    """Run an operation that never waits, and return its result.

    Raises: OperationWaited, and what the operation raises.
    """
    try:
        operation.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    operation.close()
    raise OperationWaited(repr(operation))
