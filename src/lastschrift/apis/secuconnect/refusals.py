"""What only secuconnect's wire can get wrong."""

from lastschrift.domain.errors import NotAllowed
from lastschrift.domain.refusals import ValueRefused


class CustomerUnknown(NotAllowed):
    """A container names a customer that there can't be; ``customer`` is what was sent."""

    def __init__(self, customer: str) -> None:
        super().__init__()
        self.customer = customer


class KeysDiffer(ValueRefused):
    """A request comes with two idempotency keys, and they are not the same."""
