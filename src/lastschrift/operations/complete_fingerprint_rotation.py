"""Ending to turn a contract's fingerprint key: accounts are looked for by the new version."""

from lastschrift.domain.errors import KeyNotActive, KeyStillInUse
from lastschrift.domain.identity import ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.begin_key_rotation import versions_of_key
from lastschrift.operations.ports import KEYS_SETTLED_AFTER, KeyPurpose, Ports, Transaction


async def complete_fingerprint_rotation(ports: Ports, contract: ContractId) -> None:
    """Have accounts looked for by their fingerprints under the newest version, which all have.

    Raises: ContractUnknown; KeyNotActive: accounts without one may be on their way;
    KeyStillInUse: some accounts have none (`renew_fingerprints`).
    """
    *_, newest = await versions_of_key(ports, contract, KeyPurpose.FINGERPRINT)
    if newest.complete_from is not None:
        return
    if ports.clock.now() < newest.active_from + KEYS_SETTLED_AFTER:
        raise KeyNotActive
    if await ports.store.scan(lambda reader: reader.lacks_fingerprints(contract, newest.version)):
        raise KeyStillInUse
    action = "fingerprint_key.complete"
    audit = audit_entry(ports, action, contract_id=contract, subject_id=contract)

    async def operation(transaction: Transaction) -> None:
        await transaction.complete_contract_key(contract, newest.purpose, newest.version, audit.at)
        await transaction.add_audit_entries([audit])

    await ports.store.write(operation)
    ports.vault.forget(contract)
