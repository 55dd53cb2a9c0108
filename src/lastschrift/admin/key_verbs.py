"""What can be wanted of contracts' keys: to list them, to turn them, to retire old ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from lastschrift.admin.verb import Nothing, Verb
from lastschrift.domain.identity import ContractId
from lastschrift.operations.begin_key_rotation import begin_key_rotation
from lastschrift.operations.complete_fingerprint_rotation import complete_fingerprint_rotation
from lastschrift.operations.list_keys import list_keys
from lastschrift.operations.ports import KeyPurpose, Ports, Reader
from lastschrift.operations.renew_fingerprints import Renewed, renew_fingerprints
from lastschrift.operations.reseal import Place, Resealed, reseal
from lastschrift.operations.retire_data_keys import retire_data_keys
from lastschrift.operations.retire_fingerprint_keys import (
    retire_fingerprint_keys,
    retire_hash_keys,
)
from lastschrift.operations.rewrap_keys import rewrap_keys

_PIECES_AT_ONCE = 10
"""So many pieces are an answer: not so few that asking takes longer than the work."""


class KeyTold(Struct, frozen=True, kw_only=True):
    """One version of a contract's key, as it is told: without the key."""

    contract: UUID
    purpose: str
    version: int
    master_version: int
    active_from: datetime
    complete_from: datetime | None = None


class ContractNamed(Struct, frozen=True):
    """The arguments of a verb that is about one contract."""

    contract: UUID


class Announcement(Struct, frozen=True, kw_only=True):
    """The arguments of ``keys.begin``; all servers read the new key within ``announced_for_s``."""

    contract: UUID
    announced_for_s: float
    purpose: KeyPurpose = KeyPurpose.DATA


class Announced(Struct, frozen=True, kw_only=True):
    """The version that is to be used, from when on, and how many rows there are to go through.

    ``complete_from``: since when a fingerprint key's rotation is over, but for retiring.
    """

    version: int
    active_from: datetime
    rows: int
    complete_from: datetime | None = None


class ResealFrom(Struct, frozen=True, kw_only=True):
    """The arguments of ``keys.reseal``: from where on to seal anew, under which version."""

    contract: UUID
    version: int
    place: Place


class RenewFrom(Struct, frozen=True, kw_only=True):
    """The arguments of ``keys.renew_fingerprints``: behind which account, under which versions."""

    contract: UUID
    versions: tuple[int, ...]
    after: UUID | None


async def _list_keys(ports: Ports, _wanted: Nothing) -> list[KeyTold]:
    return [
        KeyTold(
            contract=of.contract_id,
            purpose=key.purpose.value,
            version=key.version,
            master_version=key.master_version,
            active_from=key.active_from,
            complete_from=key.complete_from,
        )
        for of in await list_keys(ports)
        for key in of.keys
    ]


async def _rewrap(ports: Ports, wanted: ContractNamed) -> int:
    return await rewrap_keys(ports, ContractId(wanted.contract))


async def _begin(ports: Ports, wanted: Announcement) -> Announced:
    contract = ContractId(wanted.contract)
    announced_for = timedelta(seconds=wanted.announced_for_s)
    key = await begin_key_rotation(ports, contract, wanted.purpose, announced_for)

    async def total(reader: Reader) -> int:
        if wanted.purpose is KeyPurpose.DATA:
            return await reader.sealed_totals(contract)
        return await reader.account_total(contract)

    return Announced(
        version=key.version,
        active_from=key.active_from,
        rows=await ports.store.scan(total),
        complete_from=key.complete_from,
    )


async def _reseal(ports: Ports, wanted: ResealFrom) -> Resealed:
    contract, place = ContractId(wanted.contract), wanted.place
    rows = resealed = 0
    for _ in range(_PIECES_AT_ONCE):
        piece = await reseal(ports, contract, wanted.version, place)
        rows += piece.rows
        resealed += piece.resealed
        if piece.place is None:
            return Resealed(rows=rows, resealed=resealed, place=None)
        place = piece.place
    return Resealed(rows=rows, resealed=resealed, place=place)


async def _renew_fingerprints(ports: Ports, wanted: RenewFrom) -> Renewed:
    contract, after = ContractId(wanted.contract), wanted.after
    rows = renewed = 0
    for _ in range(_PIECES_AT_ONCE):
        piece = await renew_fingerprints(ports, contract, wanted.versions, after)
        rows += piece.rows
        renewed += piece.renewed
        after = piece.after
        if after is None:
            break
    return Renewed(rows=rows, renewed=renewed, after=after)


async def _complete(ports: Ports, wanted: ContractNamed) -> None:
    await complete_fingerprint_rotation(ports, ContractId(wanted.contract))


async def _retire_data(ports: Ports, wanted: ContractNamed) -> int:
    return await retire_data_keys(ports, ContractId(wanted.contract))


async def _retire_fingerprint(ports: Ports, wanted: ContractNamed) -> int:
    contract = ContractId(wanted.contract)
    retired = await retire_fingerprint_keys(ports, contract)
    await retire_hash_keys(ports, contract)
    return retired


KEYS_LIST = Verb("keys.list", Nothing, list[KeyTold], _list_keys)
KEYS_REWRAP = Verb("keys.rewrap", ContractNamed, int, _rewrap)
KEYS_BEGIN = Verb("keys.begin", Announcement, Announced, _begin)
KEYS_RESEAL = Verb("keys.reseal", ResealFrom, Resealed, _reseal)
KEYS_RENEW = Verb("keys.renew_fingerprints", RenewFrom, Renewed, _renew_fingerprints)
KEYS_COMPLETE = Verb("keys.complete", ContractNamed, type(None), _complete)
KEYS_RETIRE_DATA = Verb("keys.retire", ContractNamed, int, _retire_data)
KEYS_RETIRE_FINGERPRINT = Verb("keys.retire_fingerprint", ContractNamed, int, _retire_fingerprint)

KEY_VERBS: Sequence[Verb[Any, Any]] = (
    KEYS_LIST,
    KEYS_REWRAP,
    KEYS_BEGIN,
    KEYS_RESEAL,
    KEYS_RENEW,
    KEYS_COMPLETE,
    KEYS_RETIRE_DATA,
    KEYS_RETIRE_FINGERPRINT,
)
