"""Erasing what has been hidden for long enough, and what law no longer wants kept."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from lastschrift.domain.identity import ContractId
from lastschrift.operations.erasing import ErasedCount, carry_out
from lastschrift.operations.ports import Erased, Erasure, Ports, Reader

_PIECE_ROWS = 50
"""So many are written down, and then erased, at a time."""


async def erase_expired(ports: Ports, hidden_for: timedelta) -> ErasedCount:
    """Erase debtors and accounts that were hidden before so long, and periods that are over.

    Raises: Unavailable: some of it may be done.
    """
    total = ErasedCount()
    for contract in await ports.store.scan(lambda reader: reader.contracts()):
        while erased := await _erase_some(ports, contract.id, hidden_for):
            total += erased
    return total


async def _erase_some(
    ports: Ports, contract: ContractId, hidden_for: timedelta
) -> ErasedCount | None:
    """Erase some of a contract's; return None if nothing is left to erase."""
    now = ports.clock.now()
    before = now - hidden_for

    async def find(reader: Reader) -> tuple[Sequence[UUID], Sequence[UUID]]:
        debtors = await reader.debtors_hidden_before(contract, before, _PIECE_ROWS)
        if debtors:
            return debtors, ()  # Their accounts go with them.
        hidden = await reader.accounts_hidden_before(contract, before, _PIECE_ROWS)
        restricted = await reader.accounts_restricted_until(contract, now, _PIECE_ROWS)
        return (), [*hidden, *restricted]

    debtors, accounts = await ports.store.scan(find)
    erasures = [
        Erasure(at=now, of=what, contract_id=contract, id=key)
        for what, keys in ((Erased.DEBTOR, debtors), (Erased.ACCOUNT, accounts))
        for key in keys
    ]
    if not erasures:
        return None
    await ports.erasure_log.write(erasures)
    return await carry_out(ports, contract, erasures)
