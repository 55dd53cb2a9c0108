"""Saving a payer's contact data under an idempotency key."""

import msgspec

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.errors import DebtorUnknown, ResultDeleted
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import DebtorId
from lastschrift.operations.do_once import KeyedCommand, Once, do_once
from lastschrift.operations.ports import Ports, Transaction
from lastschrift.operations.read_debtor import read_debtor
from lastschrift.operations.register_debtor import RegisterDebtor, prepare_debtor


async def register_debtor_once(
    ports: Ports, command: RegisterDebtor, key: IdempotencyKey
) -> Once[Debtor]:
    """Keep a new debtor, or return the one that the same command kept before, as it is now.

    Raises: IdempotencyKeyTaken, RequestStillRunning; ResultDeleted; Unavailable.
    """
    debtor, audit = prepare_debtor(ports, command)
    keyed = KeyedCommand(
        contract_id=command.contract_id,
        operation="register_debtor",
        key=key,
        content=msgspec.json.encode(command.contact),
    )

    async def effect(transaction: Transaction) -> None:
        await transaction.add_debtor(debtor)
        await transaction.add_audit_entries([audit])

    earlier = await do_once(ports, keyed, debtor.id, effect)
    if earlier is None:
        return Once(debtor, is_replayed=False)
    try:
        kept = await read_debtor(ports, command.contract_id, DebtorId(earlier))
    except DebtorUnknown:
        raise ResultDeleted from None
    return Once(kept, is_replayed=True)
