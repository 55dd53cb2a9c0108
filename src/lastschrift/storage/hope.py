"""Whether a batch is tried in hope: by what is quick and does all of it, or nothing at all.

Where accounts are there already, or their debtors are not, that was in vain. Where one client
repeats itself, others may too; so after a batch in vain some are not tried, and twice as many after
each one more.

>>> hope = Hope()
>>> hope.disappoint()
>>> [hope.is_there() for _ in range(17)].count(True)
1
>>> hope.disappoint()
>>> [hope.is_there() for _ in range(33)].count(True)
1
"""

from typing import Final

WITHOUT_MIN: Final = 16
"""So many batches are not tried after the first one in vain."""

_WITHOUT_MAX: Final = 1_024
"""No more than so many are not tried: what was in vain costs less than a thousandth then."""


class Hope:
    """What the last batches of one writer let expect of the next one."""

    __slots__ = ("_left", "_without")

    def __init__(self) -> None:
        self._left = 0
        self._without = WITHOUT_MIN

    def is_there(self) -> bool:
        """Return whether to try; to be asked once for each batch."""
        if not self._left:
            return True
        self._left -= 1
        return False

    def fulfil(self) -> None:
        """Take note that a batch was not tried in vain."""
        self._without = WITHOUT_MIN

    def disappoint(self) -> None:
        """Take note that a batch was tried in vain."""
        self._left = self._without
        self._without = min(2 * self._without, _WITHOUT_MAX)
