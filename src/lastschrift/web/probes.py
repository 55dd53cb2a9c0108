"""What is served beside the APIs: is it up, is it ready, its figures, and where things are."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from lastschrift.domain.errors import ShuttingDown
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import Store
from lastschrift.web.api import Api, paths_of
from lastschrift.web.metrics import CONTENT_TYPE, Metrics

_NO_CONTRACT = ContractId(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether requests may be sent here: not once the server ends, nor if its store can't read."""

    store: Store
    ending: threading.Event

    async def require(self) -> None:
        """Return if requests may be sent here.

        Raises: ShuttingDown; whatever reading raises.
        """
        if self.ending.is_set():
            raise ShuttingDown
        await self.store.read(lambda reader: reader.contract(_NO_CONTRACT))


def probe_routes(
    apis: Sequence[Api], metrics: Metrics, readiness: Readiness, *, others: Sequence[BaseRoute]
) -> list[BaseRoute]:
    """Return ``/``, ``/healthz``, ``/readyz``, ``/metrics`` and ``others``, each for GET and HEAD.

    What neither an API nor one of these knows is answered 404.
    """

    async def healthz(_request: Request) -> Response:
        return _json(200, {"status": "up"})

    async def readyz(_request: Request) -> Response:
        try:
            await readiness.require()
        except Exception as error:  # noqa: BLE001  # whatever it is, nothing may be sent here
            return _json(503, {"status": "not ready", "reason": type(error).__name__})
        return _json(200, {"status": "ready"})

    async def figures(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE)

    async def index(_request: Request) -> Response:
        return _json(200, _overview(apis, others))

    known = [
        Route("/", index),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", figures),
        *others,
    ]
    return [*known, _Elsewhere(apis, known)]


class _Elsewhere(BaseRoute):
    """Matches every path that no API and no other route knows, wherever it stands in the list."""

    def __init__(self, apis: Sequence[Api], known: Sequence[BaseRoute]) -> None:
        self._of_apis = [paths_of(api) for api in apis]
        self._known = known

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path: str = scope["path"]
        is_of_api = any(paths.match(path) for paths in self._of_apis)
        if is_of_api or any(route.matches(scope)[0] is not Match.NONE for route in self._known):
            return Match.NONE, {}
        return Match.FULL, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _json(404, {"error": "not found", "see": "/"})(scope, receive, send)


def _overview(apis: Sequence[Api], others: Sequence[BaseRoute]) -> Mapping[str, object]:
    return {
        "name": "Lastschrift",
        "apis": {api.title: api.prefix for api in apis},
        "descriptions": [route.path for route in others if isinstance(route, Route)],
        "probes": ["/healthz", "/readyz", "/metrics"],
    }


def _json(status: int, content: Mapping[str, object]) -> Response:
    body = msgspec.json.encode(content)
    return Response(body, status, media_type="application/json")
