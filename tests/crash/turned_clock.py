"""A clock that is set, beside one that only runs; and instants that clocks stumble over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

JUMPS: Final[Mapping[str, timedelta]] = {
    "a second": timedelta(seconds=1),
    "ten minutes": timedelta(minutes=10),
    "an hour": timedelta(hours=1),
    "a day": timedelta(days=1),
    "a year": timedelta(days=365),
}

INSTANTS: Final[Mapping[str, datetime]] = {
    "summer time ends": datetime(2026, 10, 25, 0, 59, 55, tzinfo=UTC),
    "summer time begins": datetime(2027, 3, 28, 0, 59, 55, tzinfo=UTC),
    "the year ends": datetime(2026, 12, 31, 22, 59, 55, tzinfo=UTC),
    "the year ends in UTC": datetime(2026, 12, 31, 23, 59, 55, tzinfo=UTC),
    "29 February begins": datetime(2028, 2, 28, 22, 59, 55, tzinfo=UTC),
    "29 February ends": datetime(2028, 2, 29, 22, 59, 55, tzinfo=UTC),
}


@dataclass(slots=True)
class Time:
    """What the machine says: ``wall`` can be set, ``steady_s`` tells what has really passed."""

    wall: datetime = START
    steady_s: float = 0.0

    def wall_ns(self) -> int:
        """Return what `time.time_ns` would."""
        return (self.wall - _EPOCH) // timedelta(microseconds=1) * 1_000

    def steady_ns(self) -> int:
        """Return what `time.monotonic_ns` would."""
        return int(self.steady_s * 1e9)

    def passes(self, seconds: float) -> None:
        """Let both clocks run."""
        self.wall += timedelta(seconds=seconds)
        self.steady_s += seconds


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
