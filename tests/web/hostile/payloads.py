"""All hostile requests for one operation, made of one that is in order.

What no API may take is `Expected.REFUSED`; what is only strange need not be, but must be answered
as described. Each family of payloads is a function; which of them fit an operation, its
description says.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tests.web.descriptions import Operation
from tests.web.hostile.chunks import InChunks
from tests.web.hostile.form_bodies import FORM, refused_forms, strange_forms
from tests.web.hostile.heads import (
    BAD_AUTHORIZATION,
    GOOD_AUTHORIZATION,
    Header,
    Headers,
    refused_heads,
    strange_heads,
)
from tests.web.hostile.json_bodies import (
    BODY_BYTES_MAX,
    Document,
    padded,
    paths_in,
    refused_bodies,
    strange_bodies,
    with_value,
)
from tests.web.hostile.targets import strange_ids, strange_queries
from tests.web.hostile.values import STRANGE_VALUES

FORM_TYPE: Final[Header] = (b"content-type", FORM.encode())
TEN_MEGABYTES = 10_000_000


class Expected(Enum):
    """How a payload must be answered, beside: as described, and alike on both engines."""

    ANY = frozenset(range(200, 500))
    TAKEN = frozenset({200, 201, 303, 409})
    REFUSED = frozenset(range(400, 500))
    NO_ACCESS = frozenset({400, 401, 403})
    NOTHING_THERE = frozenset({403, 404})
    TOO_LONG = frozenset({413})


@dataclass(frozen=True, slots=True)
class Payload:
    """A hostile request: what is wrong with it, and what of it is not as in the good one."""

    what: str
    expected: Expected
    body: bytes | InChunks | None = None
    headers: Headers | None = None
    target: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodRequest:
    """A request for an operation that is in order; ``path`` still has its parameters' names.

    ``credentials`` are those of a client.
    """

    operation: Operation
    token: str
    document: Document
    credentials: Mapping[str, str]
    path: str
    ids: Mapping[str, str]

    @property
    def content_type(self) -> Header:
        """The header that names the body's kind."""
        return b"content-type", self.operation.api.media_type.encode()

    @property
    def headers(self) -> Headers:
        """The headers that let everything be done."""
        return [(b"authorization", f"Bearer {self.token}".encode()), self.content_type]

    @property
    def target(self) -> bytes:
        """Where it goes."""
        return self.target_with({})

    def target_with(self, written: Mapping[str, bytes]) -> bytes:
        """Return where it goes if ids are written in another way."""
        target = self.path.encode()
        for name, value in self.ids.items():
            target = target.replace(b"{%b}" % name.encode(), written.get(name, value.encode()))
        return target

    @property
    def has_body(self) -> bool:
        """Whether the operation takes a body."""
        return "requestBody" in self.operation.described

    @property
    def has_form(self) -> bool:
        """Whether it takes a form, too."""
        return self.has_body and FORM in self.operation.described["requestBody"]["content"]

    @property
    def required(self) -> Document:
        """The members of the body that can't be left out."""
        content = self.operation.described["requestBody"]["content"].values()
        names = next(iter(content))["schema"].get("required", ())
        return {name: value for name, value in self.document.items() if name in names}

    @property
    def needs_token(self) -> bool:
        """Whether nobody may do it without a token."""
        return bool(self.operation.described["security"])


# --- families -------------------------------------------------------------------------------------


def _no_access(good: GoodRequest) -> Iterator[Payload]:
    if good.needs_token:
        for what, headers in refused_heads(good.token):
            sent = [*headers, good.content_type]
            yield Payload(what, Expected.NO_ACCESS, headers=sent)
        query = good.target + b"?access_token=" + good.token.encode()
        yield Payload("a token in the query", Expected.NO_ACCESS, headers=[], target=query)
    if good.has_form:
        for what, value in {**BAD_AUTHORIZATION, **GOOD_AUTHORIZATION}.items():
            sent = [FORM_TYPE, (b"authorization", value)]
            body = b"grant_type=client_credentials&token=x"
            yield Payload(what, Expected.NO_ACCESS, body=body, headers=sent)


def _strange_heads(good: GoodRequest) -> Iterator[Payload]:
    for what, headers in strange_heads(good.token, good.content_type):
        yield Payload(what, Expected.ANY, headers=headers)


def _queries(good: GoodRequest) -> Iterator[Payload]:
    for what, query in strange_queries():
        yield Payload(f"query, {what}", Expected.ANY, target=good.target + b"?" + query)


def _ids(good: GoodRequest) -> Iterator[Payload]:
    for name in good.ids:
        for what, written in strange_ids():
            target = good.target_with({name: written})
            yield Payload(f"{name}, {what}", Expected.NOTHING_THERE, target=target)


def _bodies(good: GoodRequest) -> Iterator[Payload]:
    expected = Expected.REFUSED if good.has_body else Expected.ANY
    for what, body in refused_bodies(good.document or {"a": "b"}):
        yield Payload(what, expected, body=body)


def _long_bodies(good: GoodRequest) -> Iterator[Payload]:
    expected = Expected.TOO_LONG if good.has_body else Expected.ANY
    for length in (BODY_BYTES_MAX + 1, TEN_MEGABYTES):
        body = padded(good.document, length)
        yield Payload(f"{length} bytes", expected, body=body)
        yield Payload(f"{length} bytes in chunks", expected, body=InChunks(body))


def _strange_bodies(good: GoodRequest) -> Iterator[Payload]:
    if good.has_body:
        for what, body in strange_bodies(good.document):
            yield Payload(what, Expected.TAKEN, body=body)
        longest = InChunks(padded(good.document, BODY_BYTES_MAX))
        yield Payload("as long as may be, in chunks", Expected.TAKEN, body=longest)


def _values(good: GoodRequest) -> Iterator[Payload]:
    for path in paths_in(good.document) if good.has_body else ():
        for what, value in STRANGE_VALUES.items():
            body = with_value(good.document, path, value)
            yield Payload(f"{'.'.join(path)}: {what}", Expected.ANY, body=body)


def _forms(good: GoodRequest) -> Iterator[Payload]:
    if good.has_form:
        form = {**good.credentials, **good.required}
        for what, body in refused_forms(form):
            yield Payload(f"form, {what}", Expected.REFUSED, body=body, headers=[FORM_TYPE])
        for what, body in strange_forms(form):
            yield Payload(f"form, {what}", Expected.ANY, body=body, headers=[FORM_TYPE])


FAMILIES: Final[tuple[Callable[[GoodRequest], Iterator[Payload]], ...]] = (
    _no_access,
    _strange_heads,
    _queries,
    _ids,
    _bodies,
    _long_bodies,
    _strange_bodies,
    _values,
    _forms,
)
