"""Taking away the link between a user of an outside identity provider and its debtor."""

from lastschrift.domain.errors import UserNotLinked
from lastschrift.domain.identity import ContractId
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import Ports, Transaction


async def unlink_user(ports: Ports, contract: ContractId, user: OutsideUser) -> None:
    """Take a user's link away; the debtor and its accounts stay as they are.

    Raises: UserNotLinked; Unavailable.
    """

    async def operation(transaction: Transaction) -> None:
        linked = await transaction.linked_debtor(contract, user.issuer, user.subject)
        is_gone = await transaction.unlink_identity(contract, user.issuer, user.subject)
        if linked is None or not is_gone:
            raise UserNotLinked
        entry = audit_entry(ports, "user.unlinked", contract_id=contract, subject_id=linked.id)
        await transaction.add_audit_entries([entry])

    await ports.store.write(operation)
