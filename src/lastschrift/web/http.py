"""A request and a response, as slim as the hot path needs them: bytes in, bytes out.

Starlette finds the route of all but the hottest requests; from there on every handler is the same
plain coroutine from `Request` to `Response`.
"""

from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct

from lastschrift.domain.access import Principal, Scope
from lastschrift.domain.errors import ScopeMissing
from lastschrift.operations.ports import Caller, Ports
from lastschrift.web.bearer import BearerTokens, digest_of
from lastschrift.web.errors import BodyTooLarge, QueryMalformed
from lastschrift.web.limits import AttemptLimits
from lastschrift.web.proxies import HEADER as FORWARDED_FOR
from lastschrift.web.proxies import TrustedProxies

AsgiScope = MutableMapping[str, Any]
AsgiReceive = Callable[[], Awaitable[MutableMapping[str, Any]]]
AsgiSend = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[AsgiScope, AsgiReceive, AsgiSend], Awaitable[None]]

Header = tuple[bytes, bytes]

T = TypeVar("T")

OF_HEAD: Final = "lastschrift.of_head"
"""Where in a scope stands what was made of a head that comes again, by what made it."""


class HeaderBlock:
    """Headers that are the same on every answer, written out once."""

    __slots__ = ("headers", "lines")

    def __init__(self, *headers: Header) -> None:
        self.headers = headers
        self.lines = header_lines(headers)

    def beside(self, other: "HeaderBlock") -> "HeaderBlock":
        """Return these and the other ones."""
        return HeaderBlock(*self.headers, *other.headers)


def header_lines(headers: Iterable[Header]) -> bytes:
    """Return headers as HTTP/1.1 writes them, each with the end of its line."""
    return b"".join(map(_as_line, headers))


_as_line = b"%s: %s\r\n".__mod__

NO_HEADERS: Final = HeaderBlock()


class ClientGone(Exception):
    """The client went away before its request had arrived whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What the handlers of every API have at hand.

    ``public_url`` is where clients find this server, without a slash at its end; None on loopback.
    ``proxies`` are those whose word is taken for where a request came from.
    """

    ports: Ports
    bearer: BearerTokens
    limits: AttemptLimits
    body_bytes_max: int
    public_url: str | None
    has_cors: bool
    proxies: TrustedProxies = field(default_factory=TrustedProxies)


class Response(Struct, frozen=True, gc=False):
    """A status, a body, and the headers beyond those that every answer of its API has."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()


class Request(Struct, eq=False):
    """One request on its way in; ``whole_body`` where it is there already.

    ``principal`` is who asks, once that is known. Printed by chance it shows nothing of all that.
    """

    scope: AsgiScope
    receive: AsgiReceive
    edge: Edge
    whole_body: bytes | None = None
    principal: Principal | None = None

    def __repr__(self) -> str:
        return "Request(…)"

    @property
    def ports(self) -> Ports:
        """What the operations need, on behalf of whoever asks, as far as that is known by now."""
        principal = self.principal
        if principal is None:
            return self.edge.ports.on_behalf_of(Caller(source=self.peer()))
        debtor = principal.debtor
        return self.edge.ports.on_behalf_of(
            Caller(
                client_id=principal.client_id,
                debtor_id=None if debtor is None else debtor.id,
                source=self.peer(),
            )
        )

    @property
    def method(self) -> str:
        """The method, in capitals."""
        method: str = self.scope["method"]
        return method

    def peer(self) -> str:
        """Return the address that the request came from; empty if the server does not know it.

        Behind proxies that are trusted it is what they say, which takes a while to read.
        """
        client: tuple[str, int] | None = self.scope.get("client")
        peer = "" if client is None else client[0]
        proxies = self.edge.proxies
        if not proxies.are_any:
            return peer
        said = [value for name, value in self.scope["headers"] if name == FORWARDED_FOR]
        return proxies.source_of(peer, said)

    @property
    def path_params(self) -> Mapping[str, str]:
        """The variable parts of the path, by the names that the route gives them."""
        params: Mapping[str, str] = self.scope.get("path_params", {})
        return params

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's parameters in their order, decoded; what is no UTF-8 shows as U+FFFD.

        Raises: QueryMalformed.
        """
        text = self.scope["query_string"].decode("latin-1")
        try:
            return parse_qsl(text, keep_blank_values=True, max_num_fields=_QUERY_FIELDS_MAX)
        except ValueError as too_many:
            raise QueryMalformed from too_many

    def header(self, name: bytes) -> bytes | None:
        """Return the first header of that (lower-case) name."""
        for key, value in self.scope["headers"]:
            if key == name:
                found: bytes = value
                return found
        return None

    def headers_among(self, names: Container[bytes]) -> list[Header]:
        """Return all headers of these (lower-case) names, in their order."""
        return [header for header in self.scope["headers"] if header[0] in names]

    def of_head(self, read: Callable[["Request"], T]) -> T:
        """Return what ``read`` makes of the headers; it is asked once for a head that comes again.

        It looks at nothing else, and not at the length of the body.
        """
        known: dict[object, T] | None = self.scope.get(OF_HEAD)
        if known is None:
            return read(self)
        if read not in known:
            known[read] = read(self)
        return known[read]

    async def authenticate(self) -> Principal:
        """Return who the request's bearer token stands for.

        Raises: TokenMissing, TooManyAttempts, TokenRefused.
        """
        token = self.header(b"authorization")
        self.principal = await self.edge.bearer.principal(token, self.peer)
        return self.principal

    async def authorize(self, *any_of: Scope) -> Principal:
        """Return who the token stands for, if it carries one of these scopes.

        Raises: TokenMissing, TooManyAttempts, TokenRefused, ScopeMissing.
        """
        self.principal = self.edge.bearer.known(self.of_head(_digest_of_token))
        principal = self.principal or await self.authenticate()
        if principal.scopes.isdisjoint(any_of):
            raise ScopeMissing(any_of)
        return principal

    async def body(self) -> bytes:
        """Return the body, once it is all there.

        Raises: BodyTooLarge, ClientGone.
        """
        limit = self.edge.body_bytes_max
        if self.whole_body is not None and len(self.whole_body) <= limit:
            return self.whole_body
        declared = self.header(b"content-length")
        if declared is not None and int(declared) > limit:
            raise BodyTooLarge(limit)
        body = b""
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            part: bytes = message.get("body", b"")
            body += part
            if len(body) > limit:
                raise BodyTooLarge(limit)
            if not message.get("more_body", False):
                return body


_QUERY_FIELDS_MAX = 100


def _digest_of_token(request: Request) -> bytes:
    return digest_of(request.header(b"authorization"))
