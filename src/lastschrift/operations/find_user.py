"""Finding the debtor that a user is linked to, for somebody who may look at others' accounts."""

from lastschrift.domain.access import Principal
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.users import is_subject
from lastschrift.operations.ports import Ports, Reader


async def find_user(ports: Ports, principal: Principal, subject: str) -> DebtorRef | None:
    """Return the debtor of the user whom a provider calls ``subject``; None if there is none.

    The provider is the one of the token that asks. One of our own tokens may mean any provider's
    user: then there must be no two of that name that are linked to different debtors.
    """
    own = principal.user
    issuers = ports.identity_providers.issuers if own is None else [own.issuer]
    if not is_subject(subject):
        return None

    async def query(reader: Reader) -> set[DebtorRef]:
        found = [
            await reader.linked_debtor(principal.contract_id, issuer, subject) for issuer in issuers
        ]
        return {debtor for debtor in found if debtor is not None}

    debtors = await ports.store.read(query)
    return debtors.pop() if len(debtors) == 1 else None
