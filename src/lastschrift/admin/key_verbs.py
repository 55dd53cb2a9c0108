"""What can be wanted of contracts' keys: to list them, to turn them, to retire old ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from lastschrift.admin.verb import Nothing, Verb
from lastschrift.domain.identity import ContractId
from lastschrift.operations.begin_data_key_rotation import begin_data_key_rotation
from lastschrift.operations.list_keys import list_keys
from lastschrift.operations.ports import Ports
from lastschrift.operations.reseal import Place, Resealed, reseal
from lastschrift.operations.retire_data_keys import retire_data_keys
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


class ContractNamed(Struct, frozen=True):
    """The arguments of a verb that is about one contract."""

    contract: UUID


class Announcement(Struct, frozen=True, kw_only=True):
    """The arguments of ``keys.begin``; all servers read the new key within ``announced_for_s``."""

    contract: UUID
    announced_for_s: int


class Announced(Struct, frozen=True, kw_only=True):
    """The version that is to seal, from when on, and how many rows there are to go through."""

    version: int
    active_from: datetime
    rows: int


class ResealFrom(Struct, frozen=True, kw_only=True):
    """The arguments of ``keys.reseal``: from where on to seal anew, under which version."""

    contract: UUID
    version: int
    place: Place


async def _list_keys(ports: Ports, _wanted: Nothing) -> list[KeyTold]:
    return [
        KeyTold(
            contract=of.contract_id,
            purpose=key.purpose.value,
            version=key.version,
            master_version=key.master_version,
            active_from=key.active_from,
        )
        for of in await list_keys(ports)
        for key in of.keys
    ]


async def _rewrap(ports: Ports, wanted: ContractNamed) -> int:
    return await rewrap_keys(ports, ContractId(wanted.contract))


async def _begin(ports: Ports, wanted: Announcement) -> Announced:
    contract = ContractId(wanted.contract)
    announced_for = timedelta(seconds=wanted.announced_for_s)
    key = await begin_data_key_rotation(ports, contract, announced_for)
    rows = await ports.store.scan(lambda reader: reader.sealed_totals(contract))
    return Announced(version=key.version, active_from=key.active_from, rows=rows)


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


async def _retire(ports: Ports, wanted: ContractNamed) -> int:
    return await retire_data_keys(ports, ContractId(wanted.contract))


KEYS_LIST = Verb("keys.list", Nothing, list[KeyTold], _list_keys)
KEYS_REWRAP = Verb("keys.rewrap", ContractNamed, int, _rewrap)
KEYS_BEGIN = Verb("keys.begin", Announcement, Announced, _begin)
KEYS_RESEAL = Verb("keys.reseal", ResealFrom, Resealed, _reseal)
KEYS_RETIRE = Verb("keys.retire", ContractNamed, int, _retire)

KEY_VERBS: Sequence[Verb[Any, Any]] = (
    KEYS_LIST,
    KEYS_REWRAP,
    KEYS_BEGIN,
    KEYS_RESEAL,
    KEYS_RETIRE,
)
