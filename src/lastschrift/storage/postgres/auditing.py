"""The audit trail of one process among many: as many chains as there are transactions at once.

A chain is had by one operation at a time. An operation that runs again, its COMMIT never heard of,
writes to the same place of the same chain, so that its entries can't be there twice; and as it is
not known then which of its runs was kept, nobody goes on with that chain.
"""

from typing import Self

from lastschrift.storage.chaining import Chain, Heads


class Chains:
    """The chains that nobody has just now; more are begun where none is free."""

    def __init__(self) -> None:
        self.heads = Heads()
        self._free: list[Chain] = []

    def lent(self) -> "LentChain":
        """Lend a chain to an operation, until all its runs are over and the context is left."""
        return LentChain(self._free.pop() if self._free else Chain(self.heads), self._free)


class LentChain:
    """A chain, and what is known of the runs that write it; ``free`` is where it came from."""

    def __init__(self, chain: Chain, free: list[Chain]) -> None:
        self.chain = chain
        self.is_certain = True
        self._free = free
        self._standing = chain.standing()
        self._runs = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_certain:
            self._free.append(self.chain)

    @property
    def is_rerun(self) -> bool:
        """Whether an earlier run may have been committed."""
        return self._runs > 1

    def again(self) -> "LentChain":
        """Begin a run, where the one before it began."""
        self._runs += 1
        self.is_certain = False
        self.chain.undo()
        self.chain.stand_at(self._standing)
        return self

    def committed(self) -> None:
        """Take note that the run is committed."""
        if not self.is_rerun:
            self.chain.kept()
            self.is_certain = True

    def rolled_back(self) -> None:
        """Take note that nothing of the run is committed."""
        if not self.is_rerun:
            self.chain.undo()
            self.is_certain = True
