"""What an API is made of: its routes, its words for errors, and the headers it always sends."""

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lastschrift.domain.access import Scope
from lastschrift.web.errors import ErrorTable
from lastschrift.web.http import NO_HEADERS, Header, HeaderBlock, Request, Response

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter in a route's path, query or headers, for the API's description.

    ``kind`` is its type.
    """

    name: str
    meaning: str
    kind: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation of an API.

    ``body`` and the values of ``answers`` are the msgspec types that the API's description shows;
    ``answers`` has every status that the operation may give. ``body_types``: the media types that
    the body may come in, if that is not the API's own. ``is_hot``: requests find it in the fast
    lane, before all routing.
    """

    method: str
    path: str
    handler: Handler
    answers: Mapping[int, Any]
    body: Any = None
    body_types: Sequence[str] = ()
    scopes: Sequence[Scope] = ()
    in_path: Sequence[Parameter] = ()
    query: Sequence[Parameter] = ()
    in_headers: Sequence[Parameter] = ()
    is_hot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One wire.

    ``prefix``: all paths below it are this API's, known or not; of the paths elsewhere, those that
    its routes have, and no others. ``has_folded_paths``: their letter
    case does not matter. ``is_caller_checked_first``: who has no good token is told that before
    being told that a path or method is unknown. ``headers``: what every answer carries, and
    ``body_headers`` those that have a body; ``own_headers``: what each answer carries of its own
    beside them.
    """

    name: str
    title: str
    prefix: str
    media_type: str
    routes: Sequence[Route]
    errors: ErrorTable[Response]
    headers: HeaderBlock
    body_headers: HeaderBlock = NO_HEADERS
    own_headers: Callable[[Request], Sequence[Header]] | None = None
    has_folded_paths: bool = False
    is_caller_checked_first: bool = False


def paths_of(api: Api) -> re.Pattern[str]:
    """Return what an API's paths begin with: its prefix, or the whole of a route's elsewhere."""
    elsewhere = {route.path for route in api.routes if not route.path.startswith(api.prefix)}
    whole = [re.escape(path) + r"\Z" for path in sorted(elsewhere)]
    folding = re.IGNORECASE | re.ASCII if api.has_folded_paths else re.NOFLAG
    return re.compile("|".join([re.escape(api.prefix), *whole]), folding)
