"""Asking one operation hostile things, and noting what is wrong with its answers.

Wrong is: an answer that the API's description does not know, a 5xx, a 429 (nobody looked at the
question), one that takes longer than 100 ms, a success where there must be none, and anything kept
of what was refused.

A machine that does other things too may need longer once. So what took longer is asked again, and
only who is slow three times is slow.
"""

import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from lastschrift.web.openapi_examples import example
from tests.apis.steps import World
from tests.databases import Looking, looking_into
from tests.house import BASE_URL, House
from tests.web.descriptions import NotAsDescribed, Operation, check_answer
from tests.web.examples import fitted, given_for, in_sandbox, request_example
from tests.web.hostile.heads import Header, Headers
from tests.web.hostile.json_bodies import Document

NOT_LOOKED_AT = 429
ANSWERED_WITHIN_S = 0.1
TIMES_TRIED = 3
CHUNK_BYTES = 16_384

TABLES = (
    "contract",
    "contract_key",
    "debtor",
    "client",
    "access_token",
    "bank_account",
    "audit_entry",
)


class InChunks:
    """A body in pieces, so that its length is not told before; it can be sent again."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), CHUNK_BYTES):
            yield self._body[start : start + CHUNK_BYTES]


@dataclass(slots=True, kw_only=True)
class Inquiry:
    """What an operation has been asked so far, and what was wrong with its answers.

    ``headers``, ``document`` and ``target`` are in order: what is not named in a question is so.
    """

    operation: Operation
    world: World
    looking: Looking
    headers: Headers
    document: Document
    target: bytes
    asked: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def content_type(self) -> Header:
        """The header that names the body's kind."""
        return b"content-type", self.operation.api.media_type.encode()

    async def must_refuse(
        self, what: str, *, body: bytes | None = None, headers: Headers | None = None
    ) -> None:
        """Ask what no API may take."""
        answer = await self.ask(what, body=body, headers=headers)
        if answer.status_code < 400:
            self.problems.append(f"{what}: {answer.status_code}")

    async def ask(
        self,
        what: str,
        *,
        body: bytes | InChunks | None = None,
        headers: Headers | None = None,
        target: bytes | None = None,
    ) -> httpx2.Response:
        """Ask something, and note what is wrong with the answer."""
        self.asked += 1
        before = await self._rows()
        request = httpx2.Request(
            self.operation.method,
            httpx2.URL(BASE_URL).copy_with(raw_path=target or self.target),
            headers=self.headers if headers is None else headers,
            content=json.dumps(self.document).encode() if body is None else body,
        )
        answer, seconds = await self._answered(request)
        self.problems += [f"{what}: {problem}" for problem in _problems(self.operation, answer)]
        if answer.status_code >= 400 and await self._rows() != before:
            self.problems.append(f"{what}: refused, but something was kept")
        if seconds > ANSWERED_WITHIN_S:
            self.problems.append(f"{what}: answered after {seconds:.3f} s")
        return answer

    async def _answered(self, request: httpx2.Request) -> tuple[httpx2.Response, float]:
        """Return the first answer, and the shortest time that it took."""
        answer, seconds = await self._timed(request)
        for _ in range(TIMES_TRIED - 1):
            if seconds > ANSWERED_WITHIN_S:
                seconds = min(seconds, (await self._timed(request))[1])
        return answer, seconds

    async def _timed(self, request: httpx2.Request) -> tuple[httpx2.Response, float]:
        started = time.perf_counter()
        answer = await self.world.house.client.send(request)
        return answer, time.perf_counter() - started

    async def _rows(self) -> list[int]:
        """Return how many rows there are in each table."""
        counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in TABLES)
        (row,) = await self.looking.rows(f"SELECT {counts}")
        return list(row)


def _problems(operation: Operation, answer: httpx2.Response) -> list[str]:
    is_wrong = answer.status_code >= 500 or answer.status_code == NOT_LOOKED_AT
    problems = [str(answer.status_code)] if is_wrong else []
    try:
        check_answer(operation.method, answer.request.url.path, answer)
    except NotAsDescribed as problem:
        problems.append(str(problem))
    return problems


@asynccontextmanager
async def inquiry(operation: Operation, house: House) -> AsyncIterator[Inquiry]:
    """Begin to ask in a sandbox; in the end nothing must have been wrong."""
    given = given_for(operation)
    async with in_sandbox(house, *given) as world, AsyncExitStack() as way_in:
        looking = await way_in.enter_async_context(looking_into(house.database))
        begun = Inquiry(
            operation=operation,
            world=world,
            looking=looking,
            headers=[
                (b"authorization", f"Bearer {world.bindings['token']}".encode()),
                (b"content-type", operation.api.media_type.encode()),
            ],
            document=_good_document(operation, world),
            target=_good_target(operation, world),
        )
        yield begun
        assert not begun.problems, "\n".join(begun.problems)
        assert not house.reports.unexpected


def _good_document(operation: Operation, world: World) -> Document:
    """Return a body that is in order; operations without one are sent an empty object."""
    shown = request_example(operation) if "requestBody" in operation.described else {}
    document: Document = json.loads(fitted(json.dumps(shown), world))
    return document


def _good_target(operation: Operation, world: World) -> bytes:
    """Return a path that leads to something."""
    path = operation.path
    for parameter in operation.described["parameters"]:
        if parameter["in"] == "path":
            shown = str(example(parameter["schema"], {}))
            path = path.replace(f"{{{parameter['name']}}}", shown)
    return fitted(path, world).encode()
