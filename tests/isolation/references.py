"""What in a request refers to something kept: found in the APIs' descriptions, new routes too.

Every parameter and every member of a body is either a reference of a known `Kind` or a plain value.
What is neither stops the tests: `UnknownReference` says what to add here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tests.web.descriptions import DOCUMENTS, OPERATIONS, Operation

Schema = Mapping[str, Any]


class Kind(Enum):
    """What may be referred to. Of each of them a `tests.isolation.parties.Party` has one."""

    CUSTOMER = "customer"
    CONTAINER = "container"
    CONTRACT = "contract"
    PAYMENT_METHOD = "payment method"
    SUBJECT = "user of an identity provider"
    NAME = "name of a customer or an owner"
    IBAN = "IBAN of a container"
    CUSTOMER_SCROLL = "scroll over customers"
    CONTAINER_SCROLL = "scroll over containers"
    CLIENT = "client"
    SECRET = "client secret"
    TOKEN = "access token"
    NEW_ID = "id for a new payment method"
    NEW_IBAN = "IBAN to be registered"
    NEW_KEY = "idempotency key to be used"


TO_BE_NEW = frozenset({Kind.NEW_ID, Kind.NEW_IBAN, Kind.NEW_KEY})
"""What a request may only name if nobody has it yet; what others have is no obstacle."""

KIND_BY_NAME: Mapping[str, Kind] = {
    "paymentMethodId": Kind.PAYMENT_METHOD,
    "create_payment_method data.id": Kind.NEW_ID,
    "data.id": Kind.PAYMENT_METHOD,
    "filter[userID]": Kind.SUBJECT,
    "client_id": Kind.CLIENT,
    "client_secret": Kind.SECRET,
    "token": Kind.TOKEN,
    "iban": Kind.NEW_IBAN,
    "list_customers scroll_id": Kind.CUSTOMER_SCROLL,
    "list_containers scroll_id": Kind.CONTAINER_SCROLL,
    "Idempotency-Key": Kind.NEW_KEY,
    "X-Action": Kind.NEW_KEY,
}
"""Parameters, members of bodies with what they stand in; behind an operation, if of that alone."""

KINDS_IN_QUERIES: Mapping[str, Mapping[str, Kind]] = {
    "list_customers q": {
        "id:{}": Kind.CUSTOMER,
        "contact.surname:{}": Kind.NAME,
        "contact.surname:{}*": Kind.NAME,
    },
    "list_containers q": {
        "id:{}": Kind.CONTAINER,
        "customer:{}": Kind.CUSTOMER,
        "iban:{}": Kind.IBAN,
        "private.owner:{}": Kind.NAME,
        "NOT id:{}": Kind.CONTAINER,
    },
}
"""Parameters in a language of their own: how a thing is named in it."""

KIND_BY_FORM: Mapping[str, Kind] = {
    "^PCU_": Kind.CUSTOMER,
    "^PCT_": Kind.CONTAINER,
    "^PCR_": Kind.CONTRACT,
    "iban": Kind.NEW_IBAN,
}
"""How a pattern begins, or a format."""

_NEVER_LEFT_OUT = frozenset({Kind.CLIENT, Kind.SECRET, Kind.TOKEN})
"""What may be left out of a body, but then nothing is asked for."""

PLAIN_NAMES = {
    *("scope", "token_type_hint", "validate_iban id"),
    *("fields", "sort", "meta", "expand", "scroll_expire"),
    *("filter[status]", "filter[purpose]", "include", "poiID", "additionalData", "Accept-Language"),
}
"""What may be any text, and refers to nothing that a contract keeps."""

_PLAIN_FORMATS = {"date", "date-time", "email", "latin", "country-code", "bic"}
_LIKE_AN_ID = re.compile(
    r"(^|[._-])(id|ids|key|token|secret|cursor|reference)\]?$|I[dD]s?\]?$", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in an operation's request at which something is named.

    ``place`` is path, query, header or body; ``path`` leads to a member of the body, and is one
    name elsewhere. ``is_required``: without it nothing is asked for. ``written``: how.
    """

    place: str
    path: tuple[str, ...]
    kind: Kind
    is_required: bool
    written: str = "{}"

    @property
    def name(self) -> str:
        """The parameter's name, or the member's with all that it stands in."""
        return ".".join(self.path)

    def __str__(self) -> str:
        written = "" if self.written == "{}" else f" as {self.written}"
        return f"{self.name} in the {self.place}{written} ({self.kind.value})"


class UnknownReference(Exception):
    """A parameter or a member of a body, of which it isn't known what it refers to."""

    def __init__(self, operation: Operation, place: str, name: str) -> None:
        super().__init__(
            f"{operation}: what does {name!r} in the {place} refer to? If to something kept, add "
            "it to KIND_BY_NAME in tests/isolation/references.py, and if it is of a new Kind, say "
            "in parties.py and absent.py beside it what somebody has, and what nobody has; "
            "if to nothing, add it to PLAIN_NAMES"
        )


def all_operations() -> list[Operation]:
    """Return every operation of every API once."""
    return list({(it.method, it.path): it for it in OPERATIONS}.values())


def references(operation: Operation) -> list[Reference]:
    """Return all references in an operation's request.

    Raises: UnknownReference.
    """
    found = []
    for place, path, schema, is_needed in _values(operation):
        for written, kind in _kinds(operation, place, ".".join(path), schema).items():
            is_required = is_needed or kind in _NEVER_LEFT_OUT
            found.append(Reference(place, path, kind, is_required, written))
    return found


def _kinds(operation: Operation, place: str, name: str, schema: Schema) -> Mapping[str, Kind]:
    """Return what kinds a value may refer to, and how they are written; none if it is plain."""
    names = [f"{operation.described['operationId']} {name}", name]
    for known in names:
        if known in KINDS_IN_QUERIES:
            return KINDS_IN_QUERIES[known]
        if known in KIND_BY_NAME:
            return {"{}": KIND_BY_NAME[known]}
    form = schema.get("format", schema.get("pattern", ""))
    for beginning, kind in KIND_BY_FORM.items():
        if form.startswith(beginning):
            return {"{}": kind}
    if PLAIN_NAMES.intersection(names) or (_is_plain(schema) and not _LIKE_AN_ID.search(name)):
        return {}
    raise UnknownReference(operation, place, name)


def _is_plain(schema: Schema) -> bool:
    return (
        schema.get("type") in {"integer", "number", "boolean", "null"}
        or schema.get("format") in _PLAIN_FORMATS
        or bool({"enum", "const", "maxLength"} & set(schema))
    )


# --- all that a request may hold ------------------------------------------------------------------

Value = tuple[str, tuple[str, ...], Schema, bool]
"""A place, the path of a value there, what the value may be, and whether it must be there."""


def _values(operation: Operation) -> Iterator[Value]:
    schemas = DOCUMENTS[operation.document]["components"]["schemas"]
    for parameter in operation.described["parameters"]:
        place, name = parameter["in"], parameter["name"]
        for path, schema, _ in _members(parameter["schema"], schemas, (name,)):
            yield place, path, schema, place == "path"
    if "requestBody" in operation.described:
        for path, schema, is_required in _members(operation.request_schema, schemas, ()):
            yield "body", path, schema, is_required


def _members(
    schema: Schema, schemas: Schema, path: tuple[str, ...], *, is_required: bool = True
) -> Iterator[tuple[tuple[str, ...], Schema, bool]]:
    """Yield every value that holds no others: where it is, what it may be, if it must be there."""
    match schema:
        case {"$ref": reference}:
            referred = schemas[reference.rpartition("/")[2]]
            yield from _members(referred, schemas, path, is_required=is_required)
        case {"anyOf": alternatives}:
            for alternative in alternatives:
                yield from _members(alternative, schemas, path, is_required=False)
        case {"items": items}:
            yield from _members(items, schemas, (*path, "[]"), is_required=False)
        case {"properties": properties}:
            for name, member in properties.items():
                is_there = is_required and name in schema.get("required", ())
                yield from _members(member, schemas, (*path, name), is_required=is_there)
        case {"type": "null"}:
            return
        case _:
            yield path, schema, is_required
