"""The two headers that a client may send an idempotency key in.

``Idempotency-Key`` is the IETF draft's; ``X-Action`` is what secucard-connect-php's ``setActionId``
sends (observed in its ``ProductService``). Both mean the same here.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from lastschrift.apis.secuconnect.refusals import KeysDiffer
from lastschrift.domain.errors import FieldProblem, Invalid
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.operations.do_once import Once
from lastschrift.web.http import Header, Request, Response
from lastschrift.web.idempotency import parse_key, replayed
from lastschrift.web.reading import Problems

T = TypeVar("T")

IDEMPOTENCY_KEY = "Idempotency-Key"
X_ACTION = "X-Action"

_NAMES = {name.lower().encode(): name for name in (IDEMPOTENCY_KEY, X_ACTION)}


def parse_idempotency_key(request: Request) -> IdempotencyKey | None:
    """Return the key that a request comes with, if it comes with one.

    Raises: Invalid.
    """
    return request.of_head(_parse_key)


def _parse_key(request: Request) -> IdempotencyKey | None:
    sent = request.headers_among(_NAMES)
    return _parse_all(sent) if sent else None


def _parse_all(sent: Sequence[Header]) -> IdempotencyKey:
    """Return the one key that all these headers have."""
    problems = Problems()
    keys = [problems.check((_NAMES[name],), parse_key, value) for name, value in sent]
    problems.raise_if_any()
    first, *others = keys
    if first is None or any(other != first for other in others):
        raise Invalid([FieldProblem((_NAMES[sent[-1][0]],), KeysDiffer())])
    return first


def render_once(request: Request, render: Callable[[T], Response], once: Once[T]) -> Response:
    """Return an answer, marked if an earlier request had it."""
    response = render(once.result)
    return replayed(response, has_cors=request.edge.has_cors) if once.is_replayed else response
