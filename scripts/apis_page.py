"""The reference page of the APIs: every operation, its statuses, and where each is known from.

Operations and statuses are asked of the routes. Where a status is known from is asked of the golden
exchanges that show it (`tests/apis`): their ``# provenance:`` lines say it, and nothing else does.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import getdoc
from pathlib import Path

import lastschrift.apis
from lastschrift.web.api import Api, Route
from tests.apis.golden import Exchange, read_exchange

ANYWHERE = frozenset({429, 500, 503})
"""Statuses that are no operation's own: one exchange shows them for a whole API."""

_ROOT = Path(__file__).resolve().parent.parent
_EXCHANGES = Path("tests/apis")
_FROM_PAGE = Path("../..")
"""Leads from the page's folder, docs/reference/, to the root."""

_INTRODUCTION = """\
Every operation, its statuses, and where it is known from that the operation answers so:

- **documented**: in the documents of whose API it is;
- **observed**: in recorded exchanges, in the code of client libraries, or by running them;
- **assumed**: nobody outside knows; decided here, by a standard where there is one.

The READMEs in `src/lastschrift/apis/` say what each API does, and from where that is known. Each
status is shown by golden exchanges in `tests/apis/`, a request and its answer, which the tests
replay; the plainest one is linked, and says what the decision rests on.
Statuses 429, 500 and 503 may come from everywhere; one exchange shows each for all operations of an
API.
"""

_WORDS = ("documented", "observed", "assumed")
"""What a provenance begins with, the firmest first."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A golden exchange by the name of its file, without folder and ending."""

    api: str
    name: str
    exchange: Exchange

    @property
    def provenance(self) -> str:
        """Where its answer is known from."""
        (said,) = self.exchange.noted("provenance")
        return said

    @property
    def firmness(self) -> int:
        """The place of its provenance's firmest word in the order of firmness."""
        return min(_WORDS.index(part.split(" ")[0]) for part in self.provenance.split("; "))


# --- the page -------------------------------------------------------------------------------------


def apis_reference() -> str:
    """Return a section for each API, with a table of statuses for each of its operations."""
    return "\n".join([_INTRODUCTION, *map(_api_section, all_apis())])


def _api_section(api: Api) -> str:
    tables = [_operation_section(api, route) for route in operations(api)]
    return "\n".join([f"## {api.title}\n", *tables, _elsewhere_section(api)])


def _operation_section(api: Api, route: Route) -> str:
    lines = [
        f"### `{route.method} {route.path}`",
        "",
        f"{_summary(route)}{_scopes_in_words(route)}",
        "",
        *_table({status: showing(api, route, status) for status in route.answers}),
    ]
    return "\n".join(lines) + "\n"


def _elsewhere_section(api: Api) -> str:
    """Return what is answered where there is no such path, or no such method at it."""
    elsewhere: dict[int, list[Shown]] = {}
    for shown in golden_exchanges():
        if shown.api == api.name and operation_of(api, shown.exchange) is None:
            elsewhere.setdefault(shown.exchange.status, []).append(shown)
    lines = ["### Elsewhere", "", f"Other paths below `{api.prefix}`, and other methods.", ""]
    return "\n".join([*lines, *_table(elsewhere)]) + "\n"


def _summary(route: Route) -> str:
    return (getdoc(route.handler) or "").partition("\n\n")[0].replace("``", "`")


def _scopes_in_words(route: Route) -> str:
    scopes = " or ".join(f"`{scope.value}`" for scope in route.scopes)
    return f" Needs the scope {scopes}." if scopes else ""


def _table(statuses: Mapping[int, Sequence[Shown]]) -> list[str]:
    rows = [
        f"| {status} | {known_from(shown)} | {_links(shown)} |"
        for status, shown in sorted(statuses.items())
    ]
    return ["| status | known from | shown by |", "|---|---|---|", *rows]


def _links(shown: Sequence[Shown]) -> str:
    if not shown:
        return "nothing yet"
    plainest = _plainest(shown)
    file = _FROM_PAGE / _EXCHANGES / plainest.api / f"{plainest.name}.http"
    more = f" and {len(shown) - 1} more" if len(shown) > 1 else ""
    return f"[{plainest.name}]({file.as_posix()}){more}"


# --- provenance -----------------------------------------------------------------------------------


def known_from(shown: Sequence[Shown]) -> str:
    """Return where a status is known from: by its firmest exchange, and less firmly by others."""
    if not shown:
        return "not shown"
    firmest = _plainest(shown)
    others = sorted({one.firmness for one in shown if one.firmness > firmest.firmness})
    weaker = " or ".join(_WORDS[firmness] for firmness in others)
    return f"{firmest.provenance}; other cases {weaker}" if weaker else firmest.provenance


def _plainest(shown: Sequence[Shown]) -> Shown:
    """Return the exchange that is known most firmly, and among equals the most ordinary one."""

    def plainness(one: Shown) -> tuple[object, ...]:
        is_added = not one.exchange.noted("source")[0].startswith("seed ")
        return one.firmness, one.provenance.count(";"), is_added, len(one.name), one.name

    return min(shown, key=plainness)


# --- operations and the exchanges that show them --------------------------------------------------


@cache
def all_apis() -> Sequence[Api]:
    """Return every API, by name, found by walking the package."""
    names = sorted(module.name for module in pkgutil.iter_modules(lastschrift.apis.__path__))
    modules = [importlib.import_module(f"lastschrift.apis.{name}.routes") for name in names]
    return [module.api(has_cors=True) for module in modules]


@cache
def golden_exchanges() -> Sequence[Shown]:
    """Return all golden exchanges, by API and name."""
    files = sorted((_ROOT / _EXCHANGES).glob("*/*.http"))
    return [
        Shown(file.parent.name, file.stem, read_exchange(file.read_text("utf-8"))) for file in files
    ]


def operations(api: Api) -> Sequence[Route]:
    """Return what clients may do; browsers ask with OPTIONS on their own."""
    return [route for route in api.routes if route.method != "OPTIONS"]


def showing(
    api: Api, route: Route, status: int, exchanges: Sequence[Shown] | None = None
) -> Sequence[Shown]:
    """Return the exchanges that show an operation, or its API if that will do, answer so."""
    return [
        shown
        for shown in (golden_exchanges() if exchanges is None else exchanges)
        if shown.api == api.name
        and shown.exchange.status == status
        and (status in ANYWHERE or operation_of(api, shown.exchange) is route)
    ]


def operation_of(api: Api, exchange: Exchange) -> Route | None:
    """Return what an exchange asks for, as the router finds it: a path without variables first."""
    method, target = exchange.request.first_line.split(" ")
    path = target.partition("?")[0]
    routes = sorted(operations(api), key=lambda route: ("{" in route.path, route.path))
    at_path = [route for route in routes if _is_at(api, route, path)]
    same_path = [route for route in at_path if route.path == at_path[0].path]
    return next((route for route in same_path if route.method == method), None)


def _is_at(api: Api, route: Route, path: str) -> bool:
    pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(route.path))
    flags = re.IGNORECASE | re.ASCII if api.has_folded_paths else re.NOFLAG
    return re.fullmatch(pattern, path, flags) is not None


def missing_exchanges(exchanges: Sequence[Shown] | None = None) -> Iterator[str]:
    """Yield every status of an operation that no golden exchange shows."""
    for api in all_apis():
        for route in operations(api):
            for status in sorted(route.answers):
                if not showing(api, route, status, exchanges):
                    yield f"{api.name}: {route.method} {route.path} answers {status}"
