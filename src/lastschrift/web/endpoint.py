"""Serving one route: handler, errors, headers, metrics; the same way from both lanes."""

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from lastschrift.domain.errors import DomainError
from lastschrift.web.api import Api, Handler
from lastschrift.web.connection.one_write import send_at_once, send_response
from lastschrift.web.errors import Unexpected
from lastschrift.web.http import (
    AsgiReceive,
    AsgiScope,
    AsgiSend,
    ClientGone,
    Edge,
    Request,
    Response,
)
from lastschrift.web.security_headers import secured_block

LogUnexpected = Callable[[BaseException, str, str], None]
"""Told an exception, the support id that goes out for it, and the route it happened on."""


class RequestObserver(Protocol):
    """Takes note of answered requests."""

    def observe(self, route: str, status: int) -> Callable[[float], None]:
        """Return what counts an answer, told in how many seconds it came."""
        ...


class Endpoint:
    """An ASGI application that serves one route of an API."""

    def __init__(
        self,
        *,
        api: Api,
        label: str,
        handler: Handler,
        edge: Edge,
        observer: RequestObserver,
        log_unexpected: LogUnexpected,
    ) -> None:
        self._api = api
        self._headers = secured_block(api.headers)
        self._headers_with_body = secured_block(api.headers.beside(api.body_headers))
        self._label = label
        self._handler = handler
        self.edge = edge
        self._observer = observer
        self._counting: dict[int, Callable[[float], None]] = {}
        self._log_unexpected = log_unexpected

    def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> Awaitable[None]:
        """Serve one request."""
        return self.serve(Request(scope, receive, self.edge), send)

    async def serve(self, request: Request, send: AsgiSend) -> None:
        """Answer one request; this awaits futures only (`lastschrift.web.connection.errand`)."""
        started = time.perf_counter()
        try:
            response = await self._handler(request)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001  # whatever it is, only an id goes out
            response = self._answer(error)
        own = self._api.own_headers
        headers = (*own(request), *response.headers) if own else response.headers
        block = self._headers_with_body if response.body else self._headers
        if not send_at_once(send, block, headers, response):
            await send_response(send, block, headers, response)
        count = self._counting.get(response.status) or self._counting_of(response.status)
        count(time.perf_counter() - started)

    def _counting_of(self, status: int) -> Callable[[float], None]:
        count = self._counting[status] = self._observer.observe(self._label, status)
        return count

    def _answer(self, error: Exception) -> Response:
        """Return what the API says to a fact; all else is logged, and only an id goes out."""
        if isinstance(error, DomainError):
            return self._api.errors.answer(error)
        support_id = secrets.token_hex(16)
        self._log_unexpected(error, support_id, self._label)
        return self._api.errors.answer(Unexpected(support_id))
