"""What conditions mean and how lists are sorted, said once more in plain Python."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cmp_to_key
from typing import Any

from lastschrift.domain.debtor import Debtor
from lastschrift.operations.ports import (
    ANY_CHARACTERS,
    AllOf,
    AnyOf,
    Condition,
    Everything,
    Field,
    HasId,
    HasText,
    InstantBetween,
    Matches,
    Not,
    Nothing,
    Order,
    TextBetween,
)

Values = Mapping[Field, Any]
"""What an object has: texts folded, empty where there is none."""


def values_of(debtor: Debtor) -> Values:
    """Return what of a debtor can be searched by, as far as tests do."""
    contact, address = debtor.contact, debtor.contact.address
    texts = {
        Field.GIVEN_NAME: contact.given_name,
        Field.FAMILY_NAME: contact.family_name,
        Field.COMPANY: contact.company,
        Field.EMAIL: contact.email,
        Field.PHONE: contact.phone,
        Field.NAME: contact.personal_name or contact.full_name,
        Field.TOWN: None if address is None else address.town,
    }
    return {
        **{field: (text or "").casefold() for field, text in texts.items()},
        Field.BIRTH_DATE: contact.birth_date.isoformat() if contact.birth_date else "",
        Field.ID: debtor.id,
        Field.CREATED: debtor.created,
        Field.UPDATED: debtor.updated,
    }


def holds(condition: Condition, values: Values) -> bool:
    """Whether a condition holds of an object."""
    match condition:
        case Everything():
            return True
        case AllOf(parts):
            return all(holds(part, values) for part in parts)
        case AnyOf(parts):
            return any(holds(part, values) for part in parts)
        case Not(part):
            return not holds(part, values)
        case HasId(field, key):
            return bool(values[field] == key)
        case HasText(field, text):
            return bool(values[field] == text)
        case Matches(field, pattern):
            regular = "".join(
                re.escape(piece) if isinstance(piece, str) else _regular(piece == ANY_CHARACTERS)
                for piece in pattern
            )
            return re.fullmatch(regular, values[field], re.DOTALL) is not None
        case TextBetween(field, first, last):
            found: str = values[field]
            return found != "" and (first or "") <= found and (last is None or found <= last)
        case InstantBetween(field, since, until):
            instant: datetime | None = values[field]
            return (
                instant is not None
                and (since is None or since <= instant)
                and (until is None or instant < until)
            )
        case _:
            assert isinstance(condition, Nothing)
            return False


def _regular(is_any_number: bool) -> str:  # two wildcards
    return ".*" if is_any_number else "."


def in_order(debtors: Sequence[Debtor], order: Sequence[Order]) -> list[Debtor]:
    """Return debtors as a list is sorted; what is not there comes before all that is."""
    is_descending = order[-1].is_descending if order else False
    keys = [*order, Order(Field.CREATED, is_descending), Order(Field.ID, is_descending)]

    def compare(one: Debtor, other: Debtor) -> int:
        for key in keys:
            left, right = (values_of(debtor)[key.field] for debtor in (one, other))
            if left != right:
                is_before = left is None or (right is not None and left < right)
                return -1 if is_before != key.is_descending else 1
        return 0

    return sorted(debtors, key=cmp_to_key(compare))
