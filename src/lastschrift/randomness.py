"""Randomness for the hot path: one call of the system for many draws.

`os.urandom` lets go of the interpreter's lock while the system draws; beside a busy thread the
caller then waits for its turn again (docs/decisions/figures.md).
"""

import os

_SUPPLY_BYTES = 4096


class RandomSupply:
    """Random bytes of the system, drawn ahead; each is given once. For use on one thread."""

    __slots__ = ("_place", "_supply")

    def __init__(self) -> None:
        self._supply = b""
        self._place = 0
        os.register_at_fork(after_in_child=self._forget)

    def take(self, count: int) -> bytes:
        """Return ``count`` random bytes that nobody got before (and no other process gets)."""
        end = self._place + count
        if end > len(self._supply):
            self._supply = os.urandom(max(_SUPPLY_BYTES, count))
            self._place, end = 0, count
        taken = self._supply[self._place : end]
        self._place = end
        return taken

    def _forget(self) -> None:
        """Give away nothing that was drawn before: a forked child has the same supply."""
        self._supply = b""
        self._place = 0
