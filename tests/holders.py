"""What a wire tells of an account's holder."""

from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.party import Party


def holder_of(debtor: DebtorRef | None) -> Party | None:
    """Return an empty party where no customer stands for it: PACE requires nothing of a holder."""
    is_told = debtor is None or debtor.kind is DebtorKind.CUSTOMER
    return None if is_told else Party()
