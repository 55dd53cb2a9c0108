"""Turning the master key: a contract's keys are wrapped under its newest version.

What is sealed under those keys stays as it is. Done again, it finds nothing left to do.
"""

from lastschrift.domain.errors import ContractUnknown
from lastschrift.domain.identity import ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.ports import Ports, Transaction


async def rewrap_keys(ports: Ports, contract: ContractId) -> int:
    """Wrap a contract's keys under the newest master key; return how many were under another.

    Raises: ContractUnknown.
    """
    kept = await ports.store.read(lambda reader: reader.wrapped_keys(contract))
    if not kept:
        raise ContractUnknown
    rewrapped = [
        key for key in (ports.vault.rewrap(contract, old) for old in kept) if key is not None
    ]
    if not rewrapped:
        return 0
    audit = audit_entry(ports, "keys.rewrapped", contract_id=contract, subject_id=contract)

    async def operation(transaction: Transaction) -> None:
        for key in rewrapped:
            await transaction.replace_contract_key(contract, key)
        await transaction.add_audit_entries([audit])

    await ports.store.write(operation)
    return len(rewrapped)
