"""Erasing again what the erasure log has and the store does not know: it is of an older day."""

from collections.abc import Sequence

from lastschrift.domain.identity import AccountId, DebtorId
from lastschrift.operations.erasing import ErasedCount, carry_out
from lastschrift.operations.ports import Erased, Erasure, Ports, Reader

_PIECE_LINES = 1_000


async def replay_erasures(ports: Ports) -> ErasedCount:
    """Erase what the log has and the store does not know; what it never had is passed over.

    Raises: ErasureLogFailed; Unavailable.
    """
    return await erase_again(ports, await ports.erasure_log.read())


async def erase_again(ports: Ports, erasures: Sequence[Erasure]) -> ErasedCount:
    """Erase what of these the store does not know.

    Raises: Unavailable.
    """
    total = ErasedCount()
    for erasure in await unknown_erasures(ports, erasures):
        total += await carry_out(ports, erasure.contract_id, [erasure])
    return total


async def unknown_erasures(ports: Ports, erasures: Sequence[Erasure]) -> list[Erasure]:
    """Return what of these is not, or only in part, done in the store."""
    found: list[Erasure] = []
    for start in range(0, len(erasures), _PIECE_LINES):
        some = erasures[start : start + _PIECE_LINES]
        found += await _unknown_of(ports, some)
    return found


async def _unknown_of(ports: Ports, erasures: Sequence[Erasure]) -> list[Erasure]:
    return await ports.store.scan(lambda reader: unknown_among(reader, erasures))


async def unknown_among(reader: Reader, erasures: Sequence[Erasure]) -> list[Erasure]:
    """Return what of these is not, or only in part, done."""
    return [one for one in erasures if not await _is_settled(reader, one)]


async def _is_settled(reader: Reader, erasure: Erasure) -> bool:
    """Whether something is erased, or is not there at all."""
    if erasure.of is Erased.ACCOUNT:
        is_erased = await reader.is_account_erased(erasure.contract_id, AccountId(erasure.id))
        return is_erased is not False
    held = await reader.held_debtor(erasure.contract_id, DebtorId(erasure.id))
    return held is None or held.erased is not None
