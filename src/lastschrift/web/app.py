"""The whole HTTP edge as one ASGI application: the fast lane, then Starlette's routing."""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from starlette.routing import BaseRoute, Router
from starlette.routing import Route as StarletteRoute

from lastschrift.web.api import Api, Handler, Route
from lastschrift.web.door import Door
from lastschrift.web.endpoint import Endpoint, LogUnexpected, RequestObserver
from lastschrift.web.errors import MethodUnknown, RouteUnknown
from lastschrift.web.guarded import Guarded
from lastschrift.web.http import (
    AsgiApp,
    AsgiReceive,
    AsgiScope,
    AsgiSend,
    Edge,
    Request,
    Response,
)

MakeEndpoint = Callable[[Api, str, Handler], Endpoint]


class FastLane:
    """Sends the hot routes straight to their endpoints, all else to the router."""

    def __init__(
        self,
        hot: Mapping[tuple[str, str], Endpoint],
        router: AsgiApp,
        door: Door | None = None,
    ) -> None:
        self._hot = hot
        self._router = router
        self.door = door

    def hot_endpoint(self, scope: AsgiScope) -> Endpoint | None:
        """Return what serves a request, if its route is hot."""
        return self._hot.get((scope["method"], scope["path"]))

    def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> Awaitable[None]:
        """Serve one request, or the server's life span."""
        if scope["type"] == "http":
            endpoint = self.hot_endpoint(scope)
            if endpoint is not None:
                return endpoint(scope, receive, send)
        return self._router(scope, receive, send)


def build_app(
    apis: Sequence[Api],
    edge: Edge,
    *,
    more_routes: Sequence[BaseRoute],
    observer: RequestObserver,
    log_unexpected: LogUnexpected,
    door: Door | None = None,
) -> AsgiApp:
    """Return the application that serves ``apis``, and ``more_routes`` beside them."""

    def make_endpoint(api: Api, label: str, handler: Handler) -> Endpoint:
        return Endpoint(
            api=api,
            label=label,
            handler=handler,
            edge=edge,
            observer=observer,
            log_unexpected=log_unexpected,
        )

    beside = [Guarded(route, log_unexpected) for route in more_routes]
    router = Router(routes=[*beside, *_all_routes(apis, make_endpoint)], redirect_slashes=False)
    hot = {
        (route.method, route.path): make_endpoint(api, route.path, route.handler)
        for api in apis
        for route in api.routes
        if route.is_hot
    }
    return FastLane(hot, router, door)


def _all_routes(apis: Iterable[Api], make_endpoint: MakeEndpoint) -> list[BaseRoute]:
    """Return a route for each path, and for each API one that catches what it does not know."""
    found: list[BaseRoute] = []
    for api in apis:
        by_path: dict[str, list[Route]] = defaultdict(list)
        for route in api.routes:
            by_path[route.path].append(route)
        for path in sorted(by_path, key=lambda path: ("{" in path, path)):
            switch = _MethodSwitch(api, path, by_path[path], make_endpoint)
            found.append(_path_route(api, path, switch))
        unknown = make_endpoint(api, f"{api.prefix}…", _refusal(api, RouteUnknown))
        found.append(_path_route(api, api.prefix + "{rest:path}", unknown))
    return found


class _MethodSwitch:
    """Serves the methods of one path, and tells all others which ones there are."""

    def __init__(
        self, api: Api, path: str, routes: Sequence[Route], make_endpoint: MakeEndpoint
    ) -> None:
        self._by_method = {
            route.method: make_endpoint(api, path, route.handler) for route in routes
        }
        if "GET" in self._by_method:
            self._by_method["HEAD"] = self._by_method["GET"]
        allowed = sorted(self._by_method)
        refusal = _refusal(api, lambda: MethodUnknown(allowed))
        self._unknown = make_endpoint(api, path, refusal)

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        endpoint = self._by_method.get(scope["method"], self._unknown)
        await endpoint(scope, receive, send)


def _refusal(api: Api, make_error: Callable[[], Exception]) -> Handler:
    async def refuse(request: Request) -> Response:
        if api.is_caller_checked_first:
            await request.authenticate()
        raise make_error()

    return refuse


def _path_route(api: Api, path: str, app: AsgiApp) -> StarletteRoute:
    """Return a route that takes a line end for no end, and folds no letters but A to Z."""
    route = StarletteRoute(path, endpoint=app)
    exact = route.path_regex.pattern.removesuffix("$") + r"\Z"
    folding = re.IGNORECASE | re.ASCII if api.has_folded_paths else re.NOFLAG
    route.path_regex = re.compile(exact, re.DOTALL | folding)
    return route
