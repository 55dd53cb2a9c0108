"""Giving accounts, a few at a time, the fingerprints that they have to have now.

While a contract's fingerprint key is turned, that is one under each version; afterwards the old one
is taken away. One goes through all of a contract's accounts by their ids, and can go on from any.
An account whose IBAN has changed since it was read is left: the next time round it is met again.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.errors import KeyNotActive
from lastschrift.domain.identity import ContractId
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import (
    ContractKeys,
    Fingerprints,
    KeptFingerprints,
    Ports,
    Transaction,
)

_PIECE_ROWS = 500
_COMMIT_ROWS = 50
"""Few enough that nobody in the same commit waits for long."""


class Renewed(Struct, frozen=True, kw_only=True):
    """What a piece came to; ``after`` is the account to go on behind, or None at the end."""

    rows: int
    renewed: int
    after: UUID | None


async def renew_fingerprints(
    ports: Ports, contract: ContractId, versions: Sequence[int], after: UUID | None
) -> Renewed:
    """Give the next accounts their fingerprints under these versions, and take all others away.

    ``versions``: those that live, the one first that accounts are looked for by.

    Raises: ContractUnknown; KeyNotActive: other versions live.
    """
    keys = await contract_keys(ports, contract)
    if tuple(keys.fingerprint_versions) != tuple(versions):
        ports.vault.forget(contract)
        raise KeyNotActive
    found = await ports.store.scan(
        lambda reader: reader.kept_fingerprints(contract, after, _PIECE_ROWS)
    )
    anew = [(old, due) for old in found if (due := _due(keys, old)) != old.fingerprints]
    for start in range(0, len(anew), _COMMIT_ROWS):
        await _replace(ports, contract, anew[start : start + _COMMIT_ROWS])
    last = found[-1].account if len(found) == _PIECE_ROWS else None
    return Renewed(rows=len(found), renewed=len(anew), after=last)


def _due(keys: ContractKeys, old: KeptFingerprints) -> Fingerprints:
    """Return the fingerprints that an account has to have; none if it has none: it is erased."""
    if old.sealed is None or old.fingerprints == Fingerprints(odd=None, even=None):
        return old.fingerprints
    return keys.fingerprints(keys.open_iban(old.account, old.sealed))


async def _replace(
    ports: Ports, contract: ContractId, pairs: Sequence[tuple[KeptFingerprints, Fingerprints]]
) -> None:
    async def operation(transaction: Transaction) -> None:
        await transaction.replace_fingerprints(contract, pairs)

    await ports.store.write(operation)
