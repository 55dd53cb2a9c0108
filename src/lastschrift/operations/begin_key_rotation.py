"""Beginning to turn a contract's key: another version is made, and used from some time on.

By then every server has read it, as none uses keys that it read longer ago than
`KEYS_REMEMBERED_FOR`. What one seals under a new data key, all can open; and all make fingerprints
under a new fingerprint key, beside those under the one before.
"""

from datetime import timedelta

from lastschrift.domain.errors import ContractUnknown
from lastschrift.domain.identity import ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import KeyPurpose, Ports, Transaction, WrappedKey


async def begin_key_rotation(
    ports: Ports, contract: ContractId, purpose: KeyPurpose, announced_for: timedelta
) -> WrappedKey:
    """Return the version that is to be used: a new one, or that of a rotation that goes on still.

    ``announced_for``: how long all servers have to read it before.

    Raises: ContractUnknown.
    """
    *older, newest = await versions_of_key(ports, contract, purpose)
    if older:
        return newest
    active_from = ports.clock.now() + announced_for
    key = ports.vault.new_key(contract, purpose, newest.version + 1, active_from)
    action = f"{purpose.value}_key.announced"
    audit = audit_entry(ports, action, contract_id=contract, subject_id=contract)

    async def operation(transaction: Transaction) -> None:
        await transaction.add_contract_key(contract, key)
        await transaction.add_audit_entries([audit])

    await ports.store.write(operation)
    ports.vault.forget(contract)
    *_, kept = await versions_of_key(ports, contract, purpose)  # ours, or another's who was first
    return kept


async def versions_of_key(
    ports: Ports, contract: ContractId, purpose: KeyPurpose
) -> list[WrappedKey]:
    """Return the versions of a contract's key, the newest last.

    Raises: ContractUnknown.
    """
    kept = await ports.store.read(lambda reader: reader.wrapped_keys(contract))
    if not kept:
        raise ContractUnknown
    of_purpose = [key for key in kept if key.purpose is purpose]
    return sorted(of_purpose, key=lambda key: key.version)
