"""Forgetting an older version of a contract's fingerprint key, which no account goes by any more.

Idempotency keys are known again by hashes that go with the fingerprint key's versions, and nobody
has what they were made of. So a key for these hashes alone, which no fingerprint can be made with,
is kept in the place of the one that is forgotten, as long as any of them is remembered.
"""

from lastschrift.domain.errors import KeyStillInUse
from lastschrift.domain.identity import ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.begin_key_rotation import versions_of_key
from lastschrift.operations.ports import (
    KEYS_KNOWN_AFTER,
    KEYS_SETTLED_AFTER,
    KeyPurpose,
    Ports,
    Transaction,
)


async def retire_fingerprint_keys(ports: Ports, contract: ContractId) -> int:
    """Forget the fingerprint key before the one in use; return how many there were.

    Raises: ContractUnknown; KeyStillInUse: the newest is not complete, or not for long enough, or
    accounts have a fingerprint under the older one (`renew_fingerprints`).
    """
    *older, newest = await versions_of_key(ports, contract, KeyPurpose.FINGERPRINT)
    if not older:
        return 0
    (old,) = older
    now, complete_from = ports.clock.now(), newest.complete_from
    if complete_from is None or now < complete_from + KEYS_KNOWN_AFTER + KEYS_SETTLED_AFTER:
        raise KeyStillInUse
    if await ports.store.scan(lambda reader: reader.has_fingerprints(contract, old.version)):
        raise KeyStillInUse
    hash_key = ports.vault.hash_key_of(contract, old, now)
    action = "fingerprint_key.retired"
    audit = audit_entry(ports, action, contract_id=contract, subject_id=contract, at=now)

    async def operation(transaction: Transaction) -> None:
        await transaction.drop_contract_key(contract, old.purpose, old.version)
        if await transaction.has_key_uses(contract, now, now):
            await transaction.add_contract_key(contract, hash_key)
        await transaction.add_audit_entries([audit])

    await ports.store.write(operation)
    ports.vault.forget(contract)
    return 1


async def retire_hash_keys(ports: Ports, contract: ContractId) -> int:
    """Forget what is left of older fingerprint keys, where nothing is remembered by it any more.

    Returns how many there were. Raises: ContractUnknown.
    """
    kept = await versions_of_key(ports, contract, KeyPurpose.HASH)
    now = ports.clock.now()
    audit = audit_entry(ports, "hash_key.retired", contract_id=contract, subject_id=contract)

    async def operation(transaction: Transaction) -> int:
        retired = 0
        for key in kept:
            if await transaction.has_key_uses(contract, key.active_from, now):
                continue
            await transaction.drop_contract_key(contract, key.purpose, key.version)
            retired += 1
        if retired:
            await transaction.add_audit_entries([audit])
        return retired

    return await ports.store.write(operation) if kept else 0
