"""SQL taken apart into scopes: each SELECT, INSERT, UPDATE or DELETE with the tables it names.

No parser of SQL, but one of ours: it reads what our statements are made of, and refuses the rest.
A subquery, a CTE, a LATERAL, each side of a UNION is a scope of its own; brackets of any other kind
are taken out, so that what stands in them vouches for nothing.

    >>> [scope.names for scope in scopes_of("SELECT 1 FROM a WHERE b IN (SELECT 1 FROM c d)")]
    [('a',), ('d',)]
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Unreadable(AssertionError):
    """A text holds what this can't judge: write it in another way, or teach this to read it."""


class Source(NamedTuple):
    """What rows come from: a table, by its name, or a CTE; "" is a subquery, VALUES or unnest."""

    table: str
    name: str
    is_beside_others: bool
    """Whether a comma puts it beside others, so that nothing says how they belong together."""


class Equality(NamedTuple):
    """``one``.contract_id is the same as ``other``; ``one`` is "" where no table is named.

    ``binds`` is the only table that it is said for, where an outer join says it; "" for all.
    """

    one: str
    other: str
    binds: str


@dataclass(slots=True)
class Scope:
    """One query: where its rows come from, what it says of contracts, and what is around it."""

    outer: frozenset[str]
    outer_tables: frozenset[str]
    sources: list[Source] = field(default_factory=list)
    equalities: list[Equality] = field(default_factory=list)
    inserted: tuple[str, str] | None = None
    """The table that rows are put into, and the first column that they are given."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that its rows' origins are known by."""
        return tuple(source.name for source in self.sources)


# --- brackets -------------------------------------------------------------------------------------

_IGNORED = re.compile(r"/\*.*?\*/|--[^\n]*|\bINDEXED BY \w+", re.DOTALL)
_LITERAL = re.compile(r"'[^']*'")
_INNERMOST = re.compile(r"\(([^()]*)\)")
_BRACKETS = re.compile(r"«(\d+)»")
_QUERY = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b")
_READS = re.compile(r"\b(?:FROM|JOIN|SELECT)\b")
_SET_OPERATION = re.compile(r"\b(?:UNION ALL|UNION|EXCEPT|INTERSECT)\b")


def scopes_of(text: str) -> Iterator[Scope]:
    """Yield all scopes of one or more statements.

    Raises: Unreadable.
    """
    flat = _LITERAL.sub("''", _IGNORED.sub(" ", text))
    flat = re.sub(r"\bIS (NOT )?DISTINCT FROM\b", "IS DISTINCT", flat)
    contents: list[str] = []
    while "(" in flat:
        flat, count = _INNERMOST.subn(lambda found: _put_away(found[1], contents), flat)
        if not count:
            raise Unreadable(text)
    for statement in flat.split(";"):
        body = re.sub(r"^\s*CREATE TEMP .*?\b(?:BEGIN|AS)\b", "", statement, flags=re.DOTALL)
        yield from _scopes(body, contents, Scope(frozenset(), frozenset()))


def _put_away(content: str, contents: list[str]) -> str:
    contents.append(content)
    return f" «{len(contents) - 1}» "


def _scopes(query: str, contents: Sequence[str], outer: Scope) -> Iterator[Scope]:
    for part in _SET_OPERATION.split(query):
        scope = Scope(
            outer.outer | set(outer.names),
            outer.outer_tables | {source.table for source in outer.sources},
        )
        _read(scope, part, contents)
        yield scope
        yield from _within(part, contents, scope)


def _within(part: str, contents: Sequence[str], outer: Scope) -> Iterator[Scope]:
    for number in _BRACKETS.findall(part):
        content = contents[int(number)]
        if _QUERY.match(content):
            yield from _scopes(content, contents, outer)
        elif _READS.search(content):
            raise Unreadable(content)
        else:
            yield from _within(content, contents, outer)


# --- one scope ------------------------------------------------------------------------------------

_WITH = re.compile(
    r"\s*WITH\s+(?:RECURSIVE\s+)?"
    r"(?:\w+\s*(?:«\d+»)?\s+AS\s+(?:NOT\s+)?(?:MATERIALIZED\s+)?«\d+»\s*,?\s*)+"
)
_REST = re.compile(
    r"\b(?:GROUP BY|ORDER BY|HAVING|WINDOW|LIMIT|OFFSET|RETURNING|ON CONFLICT"
    r"|FOR UPDATE|FOR SHARE)\b"
)
_INSERT = re.compile(r"\s*INSERT INTO\s+(\w+)\s*(?:«(\d+)»)?")
_UPDATE = re.compile(r"\s*UPDATE\s+(\w+)(?:\s+(?:AS\s+)?(?!SET\b)(\w+))?\s+SET\b")
_JOIN = re.compile(r"\b((?:LEFT|RIGHT|FULL|CROSS|INNER|NATURAL)\s+)?(?:OUTER\s+)?JOIN\b")
_SOURCE = re.compile(
    r"\s*(?:LATERAL\s+)?(?P<what>\w+|«(?P<query>\d+)»)(?P<call>\s*«\d+»)?(?:\s+WITH ORDINALITY)?"
    r"(?:\s+(?:AS\s+)?(?!USING\b)(?P<name>\w+))?(?:\s*«\d+»)?(?:\s+USING\s+«\d+»)?\s*"
)


def _read(scope: Scope, query: str, contents: Sequence[str]) -> None:
    """Fill in what stands in the query itself, outside of all brackets."""
    text = _REST.split(_WITH.sub("", query, count=1), maxsplit=1)[0]
    if found := _INSERT.match(text):
        columns = contents[int(found[2])] if found[2] else ""
        scope.inserted = found[1], columns.split(",")[0].strip()
        text = text[found.end() :]
    head, *where = re.split(r"\bWHERE\b", text)
    head, *listed = re.split(r"\bFROM\b", head)
    if len(where) > 1 or len(listed) > 1:
        raise Unreadable(text)
    parts = re.sub(r"\bUSING\s+(?=\w)", ", ", listed[0]).split(",") if listed else []
    if found := _UPDATE.match(head):
        parts.insert(0, " ".join(filter(None, found.groups())))
    for part in parts:
        _add_joined(scope, part, contents, is_beside_others=len(parts) > 1)
    scope.equalities += [Equality(*pair, "") for clause in where for pair in _same(clause)]


def _add_joined(
    scope: Scope, part: str, contents: Sequence[str], *, is_beside_others: bool
) -> None:
    """Add what is joined in one part of a FROM that no comma divides."""
    first, *joined = _JOIN.split(part)
    scope.sources.append(_source(first, contents, is_beside_others=is_beside_others))
    for kind, text in zip(joined[::2], joined[1::2], strict=True):
        what, *condition = re.split(r"\bON\b", text)
        source = _source(what, contents, is_beside_others=is_beside_others)
        scope.sources.append(source)
        outer_join = (kind or "").strip()
        if outer_join in {"RIGHT", "FULL", "NATURAL"} or len(condition) > 1:
            raise Unreadable(part)
        binds = source.name if outer_join == "LEFT" else ""
        scope.equalities += [Equality(*pair, binds) for on in condition for pair in _same(on)]


def _source(text: str, contents: Sequence[str], *, is_beside_others: bool) -> Source:
    found = _SOURCE.fullmatch(text)
    if not found:
        raise Unreadable(text)
    if found["query"] and not re.match(r"\s*(?:SELECT|VALUES)\b", contents[int(found["query"])]):
        raise Unreadable(contents[int(found["query"])])
    table = "" if found["query"] or found["call"] else found["what"]
    return Source(table, found["name"] or table, is_beside_others)


# --- what is said of contracts --------------------------------------------------------------------

_CONTRACT = re.compile(r"(?:(\w+)\.)?contract_id")
_ARGUMENT = re.compile(r"(\$\d+|\?\d*)(?:::uuid)?|NEW\.contract_id")
_COLUMN = re.compile(r"\w+\.(?:contract_id|column\d+)")


def _same(clause: str) -> Iterator[tuple[str, str]]:
    """Yield who has the same contract as what, by a condition: only what all its rows fulfil."""
    if re.search(r"\b(?:OR|BETWEEN|CASE)\b", clause):
        return
    for conjunct in re.split(r"\bAND\b", clause):
        sides = [side.strip() for side in conjunct.split("=")]
        if len(sides) != 2:
            continue
        for one, other in (sides, sides[::-1]):
            found = _CONTRACT.fullmatch(one)
            if found and (argument := _ARGUMENT.fullmatch(other)):
                yield found[1] or "", argument[1] or other
            elif found and _COLUMN.fullmatch(other):
                yield found[1] or "", other
