"""How a party is kept: a JSON object of what there is, without the names of what there is not."""

from dataclasses import fields
from datetime import date

from lastschrift.domain.party import Address, Party

_PARTY_FIELDS = tuple(field.name for field in fields(Party) if field.name != "address")
_ADDRESS_FIELDS = tuple(field.name for field in fields(Address))


def party_to_json(party: Party) -> dict[str, object]:
    """Return the object that `storage.rows` reads back into an equal party."""
    members: dict[str, object] = _present(party, _PARTY_FIELDS)
    if party.address is not None:
        members["address"] = _present(party.address, _ADDRESS_FIELDS)
    return members


def _present(thing: Party | Address, names: tuple[str, ...]) -> dict[str, object]:
    values = ((name, getattr(thing, name)) for name in names)
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values
        if value is not None
    }
