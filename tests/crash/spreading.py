"""Choosing some of many points, where there is no time for all."""

from collections.abc import Sequence


def spread(total: int, some: int) -> Sequence[int]:
    """Return ``some`` of the numbers from 1 to ``total``, the first and the last among them.

    >>> list(spread(10, 4))
    [1, 4, 7, 10]
    """
    return sorted({1 + (total - 1) * place // (some - 1) for place in range(some)})
