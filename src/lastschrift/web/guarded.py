"""What is served beside the APIs, made as safe as they are.

Probes, figures and descriptions are Starlette's routes. `Guarded` gives their answers the headers
that every answer has, and answers a failure by an id under which it is logged, as
`lastschrift.web.endpoint` does for the APIs.
"""

import secrets
from collections.abc import MutableMapping
from typing import Any

from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from lastschrift.web.endpoint import LogUnexpected
from lastschrift.web.security_headers import secured


class Guarded(BaseRoute):
    """A route beside the APIs; what it does is still its own."""

    def __init__(self, route: BaseRoute, log_unexpected: LogUnexpected) -> None:
        self._route = route
        self._log_unexpected = log_unexpected

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return self._route.matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def send_secured(message: MutableMapping[str, Any]) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                message["headers"] = secured(message["headers"])
            await send(message)

        try:
            await self._route.handle(scope, receive, send_secured)
        except Exception as error:
            if has_begun:
                raise
            support_id = secrets.token_hex(16)
            self._log_unexpected(error, support_id, scope["path"])
            failed = JSONResponse({"error": "unexpected", "supportId": support_id}, 500)
            await failed(scope, receive, send_secured)
