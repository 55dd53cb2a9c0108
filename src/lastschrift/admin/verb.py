"""What a verb is: one thing that can be wanted of an installation."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from msgspec import Struct

from lastschrift.operations.ports import Ports

Arguments = TypeVar("Arguments")
Result = TypeVar("Result")


class Nothing(Struct, frozen=True):
    """The arguments of a verb that takes none."""


@dataclass(frozen=True, slots=True)
class Verb(Generic[Arguments, Result]):
    """One thing that can be wanted."""

    name: str
    arguments: type[Arguments]
    result: type[Result]
    perform: Callable[[Ports, Arguments], Coroutine[Any, Any, Result]]
