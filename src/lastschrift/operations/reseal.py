"""Sealing anew, a few rows at a time, what is sealed under older versions of a data key.

One goes through all of a contract's rows from place to place, and can go on from any. A row that
has changed since it was read is left as it is: who changed it has sealed it under the newest key.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.errors import KeyNotActive
from lastschrift.domain.identity import ContractId
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import ContractKeys, Ports, SealedIban, SealedResult, Transaction

T = TypeVar("T")

_PIECE_ROWS = 500
_COMMIT_ROWS = 50
"""Few enough that nobody in the same commit waits for long."""


class Place(Struct, frozen=True):
    """Up to where a contract's rows have been gone through: its accounts, then its results."""

    account: UUID | None = None
    has_all_accounts: bool = False
    result: tuple[str, bytes] | None = None


class Resealed(Struct, frozen=True, kw_only=True):
    """What a piece came to; ``place`` is where to go on, or None at the end."""

    rows: int
    resealed: int
    place: Place | None


async def reseal(ports: Ports, contract: ContractId, version: int, place: Place) -> Resealed:
    """Seal the next rows under the data key that seals, at least ``version``, where they are not.

    Raises: ContractUnknown; KeyNotActive.
    """
    keys = await contract_keys(ports, contract)
    if keys.data_version < version:
        ports.vault.forget(contract)
        raise KeyNotActive
    if place.has_all_accounts:
        return await _reseal_results(ports, contract, keys, place)
    return await _reseal_ibans(ports, contract, keys, place)


async def _reseal_ibans(
    ports: Ports, contract: ContractId, keys: ContractKeys, place: Place
) -> Resealed:
    found = await ports.store.scan(
        lambda reader: reader.sealed_ibans(contract, place.account, _PIECE_ROWS)
    )
    anew = [
        (old, sealed)
        for old in found
        if old.sealed is not None and (sealed := keys.reseal_iban(old.account, old.sealed))
    ]

    async def replace(transaction: Transaction, pairs: Sequence[tuple[SealedIban, bytes]]) -> None:
        await transaction.reseal_ibans(contract, pairs)

    await _write_all(ports, anew, replace)
    is_last = len(found) < _PIECE_ROWS
    following = Place(found[-1].account if found else place.account, has_all_accounts=is_last)
    return Resealed(rows=len(found), resealed=len(anew), place=following)


async def _reseal_results(
    ports: Ports, contract: ContractId, keys: ContractKeys, place: Place
) -> Resealed:
    found = await ports.store.scan(
        lambda reader: reader.sealed_results(contract, place.result, _PIECE_ROWS)
    )
    anew = [
        (old, sealed)
        for old in found
        if (sealed := keys.reseal_result(old.key_hash, old.sealed)) is not None
    ]

    async def replace(
        transaction: Transaction, pairs: Sequence[tuple[SealedResult, bytes]]
    ) -> None:
        await transaction.reseal_results(contract, pairs)

    await _write_all(ports, anew, replace)
    following = None
    if len(found) == _PIECE_ROWS:
        last = found[-1]
        following = Place(
            place.account, has_all_accounts=True, result=(last.operation, last.key_hash)
        )
    return Resealed(rows=len(found), resealed=len(anew), place=following)


async def _write_all(
    ports: Ports,
    pairs: Sequence[T],
    replace: Callable[[Transaction, Sequence[T]], Coroutine[Any, Any, None]],
) -> None:
    for start in range(0, len(pairs), _COMMIT_ROWS):
        some = pairs[start : start + _COMMIT_ROWS]

        async def operation(transaction: Transaction, some: Sequence[T] = some) -> None:
            await replace(transaction, some)

        await ports.store.write(operation)
