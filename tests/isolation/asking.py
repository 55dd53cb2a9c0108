"""Asking for an operation with any ids in it: what it tells, and what it changes."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx2

from lastschrift.storage.tables import TABLES
from tests.databases import Looking
from tests.house import House
from tests.isolation.parties import Party
from tests.isolation.references import Reference, references
from tests.web.descriptions import Operation
from tests.web.examples import request_example

Named = Mapping[Reference, str]
"""What a request names, and where; it has no other references."""

Rows = frozenset[tuple[Any, ...]]
"""Rows of a database, each behind the name of its table."""

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and whether it has changed anything; what differs each time is a placeholder."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    has_changed: bool

    @property
    def is_success(self) -> bool:
        """Whether what was asked for has been done, or was done before."""
        return self.status < 400


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation told, the same as it went over the wire, and which rows it changed."""

    told: Told
    heard: str
    changed: Rows


async def ask(
    house: House, looking: Looking, operation: Operation, asker: Party, named: Named
) -> Outcome:
    """Ask for an operation, and look into the database before and after."""
    before = await _all_rows(looking)
    answer = await _send(house.client, operation, named, asker.token)
    after = await _all_rows(looking)
    heard = f"{answer.status_code} {answer.headers.multi_items()} {answer.text}"
    changed = before ^ after
    return Outcome(_told(answer, asker, named, has_changed=bool(changed)), heard, changed)


async def _all_rows(looking: Looking) -> Rows:
    return frozenset(
        [
            (table.name, *row)
            for table in TABLES
            for row in await looking.rows(f"SELECT * FROM {table.name}")
        ]
    )


# --- requests -------------------------------------------------------------------------------------


async def _send(
    client: httpx2.AsyncClient, operation: Operation, named: Named, token: str
) -> httpx2.Response:
    """Send what the API's description shows as an example, but for what it names."""
    path = operation.path
    for reference, value in _named_in("path", named):
        path = path.replace(f"{{{reference.name}}}", quote(value, safe=""))
    headers = {reference.name: value for reference, value in _named_in("header", named)}
    if operation.described["security"]:
        headers["Authorization"] = f"Bearer {token}"
    content = None
    if "requestBody" in operation.described:
        headers["Content-Type"] = next(iter(operation.described["requestBody"]["content"]))
        body = _body(operation, named)
        is_form = headers["Content-Type"] == _FORM
        content = urlencode(body) if is_form else json.dumps(body)
    return await client.request(
        operation.method,
        path,
        params=[(it.name, it.written.format(value)) for it, value in _named_in("query", named)],
        headers=headers,
        content=content,
    )


def _named_in(place: str, named: Named) -> list[tuple[Reference, str]]:
    return [(reference, value) for reference, value in named.items() if reference.place == place]


def _body(operation: Operation, named: Named) -> dict[str, Any]:
    body = request_example(operation)
    for reference in references(operation):
        if reference.place == "body":
            _take_out(body, reference.path)
    for reference, value in _named_in("body", named):
        _put_in(body, reference.path, value)
    return body


def _take_out(body: dict[str, Any], path: Sequence[str]) -> None:
    with suppress(KeyError, TypeError):  # The example may do without, or have another form.
        for name in path[:-1]:
            body = body[name]
        del body[path[-1]]


def _put_in(body: dict[str, Any], path: Sequence[str], value: str) -> None:
    for name in path[:-1]:
        body = body.setdefault(name, {})
    body[path[-1]] = value


# --- answers --------------------------------------------------------------------------------------

_VARYING: Mapping[str, re.Pattern[str]] = {
    "{id}": re.compile(
        r"\b(?:P(?:CU|CT|CR)_[0-9A-Z]{30}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b"
    ),
    "{hex}": re.compile(r"\b[0-9a-f]{32}\b"),
    "{token}": re.compile(r"\b[0-9a-v]{26}\b"),
    "{occurrence}": re.compile(r"\b[0-9a-v]{20}\b"),
}
"""What an answer has of its own: ids of what was made, of errors, of the request."""


def _told(answer: httpx2.Response, asker: Party, named: Named, *, has_changed: bool) -> Told:
    """Return an answer in which no value is left that the asker sent or has."""
    names = dict.fromkeys(asker.marks, "{mark}")
    names |= {value: f"{{{kind.value}}}" for kind, value in asker.values.items()}
    for reference, value in named.items():
        names |= {value: f"{{sent {reference.name}}}", f" XX {value[-4:]}": " XX {sent}"}
    return Told(
        answer.status_code,
        tuple(sorted((name, veiled(value, names)) for name, value in answer.headers.items())),
        veiled(answer.text, names),
        has_changed,
    )


def veiled(text: str, names: Mapping[str, str]) -> str:
    """Return a text with placeholders for these values, and for what differs each time."""
    for value in sorted(names, key=len, reverse=True):
        text = text.replace(value, names[value])
    for name, pattern in _VARYING.items():
        text = pattern.sub(name, text)
    return text
