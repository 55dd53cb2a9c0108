"""Forgetting older versions of a contract's data key, under which nothing is sealed any more."""

from lastschrift.domain.errors import KeyStillInUse
from lastschrift.domain.identity import ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.begin_key_rotation import versions_of_key
from lastschrift.operations.ports import (
    KEYS_SETTLED_AFTER,
    KeyPurpose,
    Ports,
    Transaction,
)
from lastschrift.operations.reseal import Place, reseal


async def retire_data_keys(ports: Ports, contract: ContractId) -> int:
    """Forget all data keys older than the one that seals; return how many there were.

    All rows are gone through first.

    Raises: KeyStillInUse: the newest seals since not long enough, or rows are left under an older
    one; ContractUnknown, KeyNotActive.
    """
    *older, newest = await versions_of_key(ports, contract, KeyPurpose.DATA)
    if not older:
        return 0
    if ports.clock.now() < newest.active_from + KEYS_SETTLED_AFTER:
        raise KeyStillInUse
    await _check_nothing_left(ports, contract, newest.version)
    audit = audit_entry(ports, "data_key.retired", contract_id=contract, subject_id=contract)

    async def operation(transaction: Transaction) -> None:
        for key in older:
            await transaction.drop_contract_key(contract, KeyPurpose.DATA, key.version)
        await transaction.add_audit_entries([audit])

    await ports.store.write(operation)
    ports.vault.forget(contract)
    return len(older)


async def _check_nothing_left(ports: Ports, contract: ContractId, version: int) -> None:
    """Go through all rows; what is found under an older key is sealed anew, and told.

    Raises: KeyStillInUse.
    """
    place: Place | None = Place()
    resealed = 0
    while place is not None:
        piece = await reseal(ports, contract, version, place)
        place = piece.place
        resealed += piece.resealed
    if resealed:
        raise KeyStillInUse
