"""What a list is sorted by, in both ways in which clients write it.

``sort=created:desc,contact.surname:asc`` is the documented one; its documentation calls descending
``dsc``, its example ``desc``. Older clients send ``sort[created]=desc``, one parameter for each key
(observed). Keys count in the order in which they are sent.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from lastschrift.apis.secuconnect.query import Properties
from lastschrift.apis.secuconnect.refusals import SortMalformed
from lastschrift.operations.ports import Order

KEYS_MAX: Final = 5

_DIRECTIONS = {"": False, "asc": False, "desc": True, "dsc": True}
_BEFORE, _BEHIND = "sort[", "]"


def parse_sort(query: Sequence[tuple[str, str]], properties: Properties) -> tuple[Order, ...]:
    """Return what a list is sorted by; nothing if the query does not say.

    Raises: SortMalformed.
    """
    keys = list(_keys(query))
    if len(keys) > KEYS_MAX:
        raise SortMalformed(KEYS_MAX + 1)
    return tuple(
        _order(number, name, direction, properties)
        for number, (name, direction) in enumerate(keys, 1)
    )


def _keys(query: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for parameter, value in query:
        if parameter == "sort" and value:
            for key in value.split(","):
                name, _, direction = key.partition(":")
                yield name, direction
        elif parameter.startswith(_BEFORE) and parameter.endswith(_BEHIND):
            yield parameter.removeprefix(_BEFORE).removesuffix(_BEHIND), value


def _order(number: int, name: str, direction: str, properties: Properties) -> Order:
    found = properties.get(name.strip().lower())
    is_descending = _DIRECTIONS.get(direction.strip().lower())
    if found is None or found.field is None or is_descending is None:
        raise SortMalformed(number)
    return Order(found.field, is_descending)
