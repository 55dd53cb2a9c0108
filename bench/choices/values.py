"""Making values: what a frozen Struct costs, and a frozen dataclass."""

import timeit
from dataclasses import make_dataclass as new_dataclass

import msgspec

_FIELDS = [f"field_{n}" for n in range(12)]
_VALUES = dict.fromkeys(_FIELDS, 1)
_CALLS = 20_000

_Struct = msgspec.defstruct("_Struct", _FIELDS, frozen=True, kw_only=True)
_Dataclass = new_dataclass("_Dataclass", _FIELDS, frozen=True, slots=True, kw_only=True)


def make_struct() -> float:
    """Time a Struct."""
    return timeit.timeit(lambda: _Struct(**_VALUES), number=_CALLS) / _CALLS * 1e6


def make_dataclass() -> float:
    """Time a dataclass."""
    return timeit.timeit(lambda: _Dataclass(**_VALUES), number=_CALLS) / _CALLS * 1e6
