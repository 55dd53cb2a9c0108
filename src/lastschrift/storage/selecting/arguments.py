"""The arguments of a statement in the making."""

from datetime import datetime
from uuid import UUID

from lastschrift.storage.codec import Codec, Value


class Arguments:
    """Takes values one by one; each method returns what stands for its value in the text."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self.values: list[Value] = []

    def id(self, key: UUID) -> str:
        """Take an id."""
        return self._take(self._codec.put_id(key), "uuid")

    def instant(self, instant: datetime) -> str:
        """Take an instant."""
        return self._take(self._codec.put_instant(instant), "timestamptz")

    def text(self, text: str) -> str:
        """Take a text."""
        return self._take(text, "text")

    def octets(self, octets: bytes) -> str:
        """Take bytes."""
        return self._take(octets, "bytea")

    def number(self, number: int) -> str:
        """Take a whole number."""
        return self._take(number, "bigint")

    def _take(self, value: Value, kind: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{kind}"
