"""What clients were told, and when: the book that the database is compared with.

>>> longest_gap([1.0, 2.0, 6.0], start=0.0, end=7.0)
4.0
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Kept:
    """A registration that was acknowledged: by which wire, of which account number."""

    wire: str
    iban: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many of the acknowledged registrations are missing, and how many rows are too many."""

    lost: int
    doubled: int


@dataclass(slots=True)
class Ledger:
    """All registrations that got a final answer; each client asks until it has one.

    ``unnamed``: how many were told only that they exist already, since an earlier try of the same
    request was kept but its answer was lost. ``times``: when each final answer came, in seconds.
    ``again``: how many times one was asked again. ``surprises``: answers nobody should get.
    """

    acknowledged: dict[UUID, Kept] = field(default_factory=dict)
    unnamed: int = 0
    times: list[float] = field(default_factory=list)
    again: int = 0
    surprises: list[str] = field(default_factory=list)

    def note(self, account: UUID | None, kept: Kept, at: float) -> None:
        """Write down a final answer; ``account`` is None if it did not name one."""
        if account is None:
            self.unnamed += 1
        else:
            self.acknowledged[account] = kept
        self.times.append(at)

    def settle(self, stored: Sequence[UUID], repeated: int) -> Verdict:
        """Compare with the ids of all rows, once no request is under way; go on from what is there.

        ``repeated``: how many rows share debtor and account number with an earlier one.
        """
        rows = Counter(stored)
        missing = self.acknowledged.keys() - rows.keys()
        unknown = len(stored) - (len(self.acknowledged) - len(missing))
        lost = len(missing) + max(0, self.unnamed - unknown)
        doubled = max(0, unknown - self.unnamed, repeated)
        for account in missing:
            del self.acknowledged[account]
        self.unnamed = unknown
        return Verdict(lost, doubled)


def longest_gap(times: Sequence[float], *, start: float, end: float) -> float:
    """Return the longest time, in seconds, between start and end in which nothing was answered."""
    within = sorted(time for time in times if start < time < end)
    return max(later - earlier for earlier, later in pairwise([start, *within, end]))
