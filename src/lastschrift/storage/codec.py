"""How an engine writes down the values that its columns hold.

Ids, instants and JSON look different on every engine; text, numbers and bytes do not. An engine
has one `Codec`; `storage.rows` and `storage.transaction` go through it for all others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

Value = Any  # what a database driver takes and gives; typed on either side of the codec
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """Six translations: to the column (``put``) and back (``get``)."""

    put_id: Callable[[UUID], Value]
    get_id: Callable[[Value], UUID]
    put_instant: Callable[[datetime], Value]
    get_instant: Callable[[Value], datetime]
    put_json: Callable[[object], Value]
    get_json: Callable[[Value], object]
