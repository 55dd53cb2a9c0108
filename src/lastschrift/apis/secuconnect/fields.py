"""Which members of listed objects are wanted: ``fields=id,contact.surname``.

``object`` and ``id`` are always there: clients tell by them what they have. What there is no member
for is ignored.
"""

from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, "Fields | None"]
"""Members that are wanted, and of each which of its members; None: all of it."""

Members = dict[str, Any]
"""A JSON object."""

_ALWAYS = ("object", "id")


def parse_fields(text: str) -> Fields | None:
    """Return what is wanted; None: everything.

    >>> parse_fields("contact.surname, contact.address.city")
    {'contact': {'surname': None, 'address': {'city': None}}}
    """
    wanted: dict[str, Any] = {}
    for path in filter(None, (part.strip() for part in text.split(","))):
        *objects, last = path.split(".")
        place: dict[str, Any] | None = wanted
        for name in objects:
            place = None if place is None else place.setdefault(name, {})
        if place is not None:
            place[last] = None
    return wanted or None


def only(fields: Fields, members: Members) -> Members:
    """Return what is wanted of an object; never an object with nothing in it."""
    wanted = dict.fromkeys(_ALWAYS) | dict(fields)
    return _chosen(wanted, members)


def _chosen(fields: Fields, members: Members) -> Members:
    chosen: Members = {}
    for name, value in members.items():
        if name not in fields:
            continue
        inner = fields[name]
        kept = _chosen(inner, value) if inner is not None and isinstance(value, dict) else value
        if kept != {}:
            chosen[name] = kept
    return chosen
