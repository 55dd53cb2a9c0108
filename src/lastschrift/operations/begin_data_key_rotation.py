"""Beginning to turn a contract's data key: another version is made, and seals from some time on.

Until then every server has read it, as none uses keys that it read longer ago than
`KEYS_REMEMBERED_FOR`: what one seals, all can open.
"""

from datetime import timedelta

from lastschrift.domain.errors import ContractUnknown
from lastschrift.domain.identity import ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import KeyPurpose, Ports, Transaction, WrappedKey


async def begin_data_key_rotation(
    ports: Ports, contract: ContractId, announced_for: timedelta
) -> WrappedKey:
    """Return the version that is to seal: a new one, or the one of a rotation that goes on still.

    ``announced_for``: how long all servers have to read it before it seals.

    Raises: ContractUnknown.
    """
    *older, newest = await _data_keys(ports, contract)
    if older:
        return newest
    active_from = ports.clock.now() + announced_for
    key = ports.vault.new_data_key(contract, newest.version + 1, active_from)
    audit = audit_entry(ports, "data_key.announced", contract_id=contract, subject_id=contract)

    async def operation(transaction: Transaction) -> None:
        await transaction.add_contract_key(contract, key)
        await transaction.add_audit_entries([audit])

    await ports.store.write(operation)
    ports.vault.forget(contract)
    *_, kept = await _data_keys(ports, contract)  # ours, or that of another who was first
    return kept


async def _data_keys(ports: Ports, contract: ContractId) -> list[WrappedKey]:
    """Return the versions of a contract's data key, the newest last.

    Raises: ContractUnknown.
    """
    kept = await ports.store.read(lambda reader: reader.wrapped_keys(contract))
    if not kept:
        raise ContractUnknown
    of_data = [key for key in kept if key.purpose is KeyPurpose.DATA]
    return sorted(of_data, key=lambda key: key.version)
