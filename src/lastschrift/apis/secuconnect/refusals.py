"""What only secuconnect's wire can get wrong."""

from lastschrift.domain.errors import NotAllowed
from lastschrift.domain.refusals import ValueRefused


class CustomerUnknown(NotAllowed):
    """A container names a customer that there can't be; ``customer`` is what was sent."""

    def __init__(self, customer: str) -> None:
        super().__init__()
        self.customer = customer


class CustomerIdIncorrect(NotAllowed):
    """A customer is to be deleted that there is not."""


class KeysDiffer(ValueRefused):
    """A request comes with two idempotency keys, and they are not the same."""


class SortMalformed(ValueRefused):
    """A list can't be sorted by one of the keys that were sent; ``number`` counts them from 1."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class NotScrollable(ValueRefused):
    """A list that is read batch by batch can't be sorted by anything but the time of creation."""


class LifetimeMalformed(ValueRefused):
    """A text does not say how long a scroll is kept, or more than it may be."""
