"""Linking a user of an outside identity provider to a debtor: on first use, or by command."""

from collections.abc import Callable, Coroutine
from typing import Any

from msgspec import Struct

from lastschrift.domain.access import IdentityLinking, Principal
from lastschrift.domain.debtor import Debtor, DebtorKind, DebtorRef
from lastschrift.domain.errors import (
    ContractUnknown,
    DebtorUnknown,
    IdentityNotLinked,
    UserLinkedAlready,
)
from lastschrift.domain.identity import ClientId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import Ports, Transaction

_ROUNDS_MAX = 3
"""Who links at the same time as another one looks again, and finds what that one has linked."""


class LinkUser(Struct, frozen=True, kw_only=True):
    """A user to be linked: to the debtor of ``debtor_id``, or to a new one.

    ``client_id`` is None on the command line.
    """

    contract_id: ContractId
    user: OutsideUser
    client_id: ClientId | None = None
    debtor_id: DebtorId | None = None


async def link_user(ports: Ports, command: LinkUser) -> DebtorRef:
    """Link a user to a debtor by command, and return the debtor; again is as good as once.

    Raises: ContractUnknown, UserLinkedAlready, DebtorUnknown; Unavailable.
    """
    link = _prepare(ports, command)

    async def operation(transaction: Transaction) -> DebtorRef:
        if await transaction.identity_linking(command.contract_id) is None:
            raise ContractUnknown
        known = await _known(transaction, command)
        if known is not None and command.debtor_id not in (None, known.id):
            raise UserLinkedAlready
        return known or await link(transaction)

    return await _in_rounds(ports, operation)


async def link_on_first_use(ports: Ports, principal: Principal, user: OutsideUser) -> DebtorRef:
    """Return the debtor that a token's user is linked to, which is a new one if there was none.

    Raises: IdentityNotLinked: there was none, and the contract lets only commands link;
    Unavailable.
    """
    contract = principal.contract_id
    command = LinkUser(contract_id=contract, user=user, client_id=principal.client_id)
    link = _prepare(ports, command)

    async def operation(transaction: Transaction) -> DebtorRef:
        known = await _known(transaction, command)
        if known is not None:
            return known
        if await transaction.identity_linking(contract) is not IdentityLinking.FIRST_USE:
            raise IdentityNotLinked
        return await link(transaction)

    return await _in_rounds(ports, operation)


async def _known(transaction: Transaction, command: LinkUser) -> DebtorRef | None:
    user = command.user
    return await transaction.linked_debtor(command.contract_id, user.issuer, user.subject)


def _prepare(
    ports: Ports, command: LinkUser
) -> Callable[[Transaction], Coroutine[Any, Any, DebtorRef]]:
    """Return what links a user that is not linked; it needs no more than the transaction."""
    contract, user, now = command.contract_id, command.user, ports.clock.now()
    new = Debtor(
        contract_id=contract,
        id=DebtorId(ports.ids.new_id()),
        kind=DebtorKind.USER,
        contact=Party(),
        created=now,
    )
    audit = audit_entry(
        ports,
        "user.linked",
        contract_id=contract,
        subject_id=command.debtor_id or new.id,
        client_id=command.client_id,
        at=now,
    )

    async def link(transaction: Transaction) -> DebtorRef:
        if command.debtor_id is None:
            await transaction.add_debtor(new)
            debtor = DebtorRef(new.id, new.kind)
        else:
            debtor = await _existing(transaction, contract, command.debtor_id)
        if not await transaction.link_identity(contract, user.issuer, user.subject, debtor.id, now):
            raise UserLinkedAlready
        await transaction.add_audit_entries([audit])
        return debtor

    return link


async def _existing(
    transaction: Transaction, contract: ContractId, debtor_id: DebtorId
) -> DebtorRef:
    debtor = await transaction.debtor_to_link(contract, debtor_id)
    if debtor is None:
        raise DebtorUnknown
    return debtor


async def _in_rounds(
    ports: Ports, operation: Callable[[Transaction], Coroutine[Any, Any, DebtorRef]]
) -> DebtorRef:
    """Run an operation, and again if another one may have linked the user since it looked."""
    for _ in range(_ROUNDS_MAX - 1):
        try:
            return await ports.store.write(operation)
        except UserLinkedAlready:
            continue
    return await ports.store.write(operation)
