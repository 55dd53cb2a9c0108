"""Erasing a payer for good: what is held of it is gone, but for what law wants kept for a time."""

from datetime import datetime

from msgspec import Struct

from lastschrift.domain.errors import DebtorServesClient, DebtorUnknown
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.operations.erasing import ErasedCount, carry_out
from lastschrift.operations.ports import Erased, Erasure, Ports


class EraseDebtor(Struct, frozen=True, kw_only=True):
    """A debtor to be erased.

    ``restricted_until``: its accounts are kept until then, hidden from everybody, and erased then.
    """

    contract_id: ContractId
    debtor_id: DebtorId
    restricted_until: datetime | None = None


async def erase_debtor(ports: Ports, command: EraseDebtor) -> ErasedCount:
    """Erase a debtor of any kind, hidden ones too; done again, it goes on where it stopped.

    It is in the erasure log before anything is done. If it fails behind that, it is done when it is
    asked for again, or when the log is replayed.

    Raises, in this order: DebtorUnknown; DebtorServesClient; Unavailable.
    """
    contract, debtor = command.contract_id, command.debtor_id
    if await ports.store.read(lambda reader: reader.held_debtor(contract, debtor)) is None:
        raise DebtorUnknown
    if await ports.store.read(lambda reader: reader.serves_client(contract, debtor)):
        raise DebtorServesClient
    erasure = Erasure(
        at=ports.clock.now(),
        of=Erased.DEBTOR,
        contract_id=contract,
        id=debtor,
        restricted_until=command.restricted_until,
    )
    await ports.erasure_log.write([erasure])
    return await carry_out(ports, contract, [erasure])
