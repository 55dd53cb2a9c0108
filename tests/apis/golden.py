"""Golden exchanges: a request and the answer that it must get, one pair to a file.

A file tells in ``# key: value`` lines its source, its provenance and what is given; then stand the
request and the answer, as they go over the wire. ``{customer}`` or ``{uuid:first}`` stands for a
value that is another one each time: its kind, and the name that it is known by. The same name is
the same value wherever it recurs, another name another value.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import httpx2

Bindings = dict[str, str]
"""What the names of an exchange's placeholders stand for."""

KINDS: Mapping[str, str] = {
    "customer": "PCU_[02-9A-HJKMNP-Z]{30}",
    "container": "PCT_[02-9A-HJKMNP-Z]{30}",
    "contract": "PCR_[02-9A-HJKMNP-Z]{30}",
    "token": "[0-9a-v]{26}",
    "hex32": "[0-9a-f]{32}",
    "xid": "[0-9a-v]{20}",
    "uuid": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9-]*)(?::([a-z-]+))?\}")
_HEAD = re.compile(r"# ([a-z]+): (.+)")
_STATUS_LINE = re.compile(r"HTTP/1\.1 (\d{3})")


# --- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer: its first line, its headers, its body."""

    first_line: str
    headers: tuple[tuple[str, str], ...]
    body: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one file tells. ``notes`` are its head lines, as (key, value)."""

    notes: tuple[tuple[str, str], ...]
    request: Message
    answer: Message

    def noted(self, key: str) -> list[str]:
        """Return all that the head says under a key."""
        return [value for noted, value in self.notes if noted == key]

    @property
    def status(self) -> int:
        """The status that must be answered."""
        return int(self.answer.first_line.split()[1])


class MalformedExchange(Exception):
    """A file that is no golden exchange."""


def read_exchange(text: str) -> Exchange:
    """Read a file's text.

    Raises: MalformedExchange.
    """
    lines = text.splitlines()
    head = [line for line in lines if line.startswith("#")]
    rest = lines[len(head) :]
    starts = [place for place, line in enumerate(rest) if _STATUS_LINE.fullmatch(line)]
    notes = [match.groups() for match in map(_HEAD.fullmatch, head) if match is not None]
    if len(starts) != 1 or len(notes) != len(head):
        raise MalformedExchange(text)
    (start,) = starts
    return Exchange(
        notes=tuple((key, value) for key, value in notes),
        request=_read_message(rest[:start]),
        answer=_read_message(rest[start:]),
    )


def _read_message(lines: list[str]) -> Message:
    end = lines.index("") if "" in lines else len(lines)
    headers = [line.partition(": ") for line in lines[1:end]]
    return Message(
        first_line=lines[0],
        headers=tuple((name, value) for name, _, value in headers),
        body="\n".join(lines[end:]).strip("\n"),
    )


# --- asking ---------------------------------------------------------------------------------------


def fill(text: str, bindings: Bindings) -> str:
    """Return a text with its placeholders replaced by what they are bound to."""
    return _PLACEHOLDER.sub(lambda match: bindings[_name(match)], text)


async def ask(client: httpx2.AsyncClient, request: Message, bindings: Bindings) -> httpx2.Response:
    """Send a request, and return what comes back."""
    method, target = fill(request.first_line, bindings).split(" ")
    return await client.request(
        method,
        target,
        headers=[(name, fill(value, bindings)) for name, value in request.headers],
        content=fill(request.body, bindings).encode(),
    )


# --- matching -------------------------------------------------------------------------------------


class Mismatch(AssertionError):
    """An answer is not the one that stands in the file."""

    def __init__(self, place: str, expected: object, got: object) -> None:
        super().__init__(f"{place}: expected {expected!r}, got {got!r}")


def match_answer(expected: Message, got: httpx2.Response, bindings: Bindings) -> None:
    """Compare an answer with the file's: status, the headers that the file names, body.

    Placeholders seen for the first time are bound. Bodies in JSON are compared as documents: blanks
    don't matter, the order of members does.

    Raises: Mismatch.
    """
    if expected.first_line != f"HTTP/1.1 {got.status_code}":
        raise Mismatch("status", expected.first_line, f"{got.status_code} {got.text}")
    for name, value in expected.headers:
        match_text(name, value, got.headers.get(name, ""), bindings)
    try:
        documents = _document(expected.body), _document(got.text)
    except json.JSONDecodeError:
        match_text("body", expected.body, got.text, bindings)
    else:
        _match_documents("body", *documents, bindings)
    if len(set(bindings.values())) < len(bindings):
        raise Mismatch("names", "a value of its own for each", bindings)


def match_text(place: str, expected: str, got: str, bindings: Bindings) -> None:
    """Compare a text, and bind the placeholders in it that are not bound yet.

    Raises: Mismatch.
    """
    found = _PLACEHOLDER.finditer(expected)
    names = list(dict.fromkeys(_name(match) for match in found))
    match = re.fullmatch("".join(_patterns(expected, names, bindings)), got)
    if match is None:
        raise Mismatch(place, fill(expected, _Shown(bindings)), got)
    bindings.update(zip(names, match.groups(), strict=True))


def _patterns(expected: str, names: list[str], bindings: Bindings) -> Iterator[str]:
    """Yield the pieces of a pattern with one group for each of ``names``, in their order."""
    seen: set[str] = set()
    end = 0
    for match in _PLACEHOLDER.finditer(expected):
        yield re.escape(expected[end : match.start()])
        name, end = _name(match), match.end()
        if name in seen:
            yield rf"(?:\{names.index(name) + 1})"
        else:
            yield f"({re.escape(bindings[name]) if name in bindings else KINDS[match[1]]})"
        seen.add(name)
    yield re.escape(expected[end:])


class _Shown(Bindings):
    """Bindings for a message: what is not bound shows as it stands in the file."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def _name(placeholder: re.Match[str]) -> str:
    return placeholder[2] or placeholder[1]


class _Members(list[tuple[str, object]]):
    """The members of a JSON object, in their order."""


def _document(text: str) -> object:
    return json.loads(text, object_pairs_hook=_Members)


def _match_documents(place: str, expected: object, got: object, bindings: Bindings) -> None:
    compare = _COMPARISONS.get(type(expected))
    if type(expected) is not type(got):
        raise Mismatch(place, expected, got)
    if compare is not None:
        compare(place, expected, got, bindings)
    elif expected != got:
        raise Mismatch(place, expected, got)


def _match_members(place: str, expected: _Members, got: _Members, bindings: Bindings) -> None:
    names, got_names = ([name for name, _ in members] for members in (expected, got))
    if names != got_names:
        raise Mismatch(f"{place}, members", names, got_names)
    for (name, value), (_, got_value) in zip(expected, got, strict=True):
        _match_documents(f"{place}.{name}", value, got_value, bindings)


def _match_items(place: str, expected: list[object], got: list[object], bindings: Bindings) -> None:
    if len(expected) != len(got):
        raise Mismatch(f"{place}, items", len(expected), len(got))
    for number, (item, got_item) in enumerate(zip(expected, got, strict=True)):
        _match_documents(f"{place}[{number}]", item, got_item, bindings)


_COMPARISONS: Mapping[type, Callable[..., None]] = {
    str: match_text,
    list: _match_items,
    _Members: _match_members,
}
