"""Bodies of PACE requests: the seed's own, with whatever a test wants otherwise."""

import json
from collections.abc import Mapping

Members = Mapping[str, object]

SEED_ID = "2a1319c3-c136-495d-b59a-47b3246d08af"
SEED_IBAN = "DE89 3704 0044 0532 0130 00"
SEED_ADDRESS: Members = {
    "street": "Haid-und-Neu-Str.",
    "houseNo": "18",
    "postalCode": "76131",
    "city": "Karlsruhe",
    "countryCode": "DE",
}
SEED_ATTRIBUTES: Members = {
    "kind": "sepa",
    "iban": SEED_IBAN,
    "title": "Prof. Dr.",
    "firstName": "Jon",
    "lastName": "Smith",
    "company": "Clean House GmbH",
    "email": "jon.smith@example.com",
}
LEFT_OUT = object()
"""Given as a member's value, it takes the member away."""


def create_body(
    *, attributes: Members | None = None, address: Members | None = None, **data: object
) -> bytes:
    """Return the seed's body with these attributes, parts of the address and members of data."""
    changed = {"address": _changed(SEED_ADDRESS, address), **(attributes or {})}
    resource = {
        "id": SEED_ID,
        "type": "paymentMethod",
        "attributes": _changed(SEED_ATTRIBUTES, changed),
    }
    return json.dumps({"data": _changed(resource, data)}).encode()


def _changed(members: Members, changes: Members | None) -> Members:
    merged = {**members, **(changes or {})}
    return {name: value for name, value in merged.items() if value is not LEFT_OUT}
