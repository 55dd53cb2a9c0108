"""Saving a payer's contact data under an idempotency key, as `register_bank_account_once` does."""

from collections.abc import Sequence

import msgspec

from lastschrift.domain.debtor import Debtor
from lastschrift.domain.errors import DebtorUnknown, ResultDeleted
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import DebtorId
from lastschrift.operations.do_once import KeyedCommand, Once, do_once
from lastschrift.operations.ports import KeyedDebtor, KeyUse, Ports, Transaction
from lastschrift.operations.read_debtor import read_debtor
from lastschrift.operations.register_debtor import RegisterDebtor, prepare_debtor


async def register_debtor_once(
    ports: Ports, command: RegisterDebtor, key: IdempotencyKey
) -> Once[Debtor]:
    """Keep a new debtor, or return the one that the same command kept before, as it is now.

    Raises: IdempotencyKeyTaken, RequestStillRunning; ResultDeleted; Unavailable.
    """
    new = prepare_debtor(ports, command)
    keyed = KeyedCommand(
        contract_id=command.contract_id,
        operation="register_debtor",
        key=key,
        content=msgspec.json.encode(command.contact),
    )

    async def effect(transaction: Transaction) -> None:
        await transaction.add_debtors([new])

    async def with_others(use: KeyUse) -> bool:
        debtor = KeyedDebtor(new, use)
        return await ports.store.write_batched(register_keyed_debtors, lambda: debtor)

    earlier = await do_once(ports, keyed, new.debtor.id, effect, with_others)
    if earlier is None:
        return Once(new.debtor, is_replayed=False)
    try:
        kept = await read_debtor(ports, command.contract_id, DebtorId(earlier))
    except DebtorUnknown:
        raise ResultDeleted from None
    return Once(kept, is_replayed=True)


async def register_keyed_debtors(
    transaction: Transaction, batch: Sequence[KeyedDebtor]
) -> list[bool]:
    """Keep those of a batch whose keys are new; say of each whether it was kept."""
    left_out = set(await transaction.add_keyed_debtors(batch))
    return [place not in left_out for place in range(len(batch))]
