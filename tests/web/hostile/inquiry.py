"""Asking one operation hostile things, on both engines, and noting what is wrong with its answers.

Wrong is: an answer that the API's description does not know, a 5xx, a 429 (nobody looked at the
question), one that takes too long, one that differs from the other engine's, a success where there
must be none, and anything kept of what was refused.

A machine that does other things too may need longer once. So what took longer is asked again, and
only who is slow three times is slow.
"""

import json
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from statistics import median

import httpx2

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from lastschrift.web.openapi.examples import example
from tests.apis.steps.world import World
from tests.databases import Looking, looking_into
from tests.house import BASE_URL, House
from tests.isolation.asking import veiled
from tests.promises import IS_SOAK
from tests.web.descriptions import NotAsDescribed, Operation, check_answer
from tests.web.examples import fitted, given_for, in_sandbox, request_example
from tests.web.hostile.payloads import FAMILIES, GoodRequest, Payload

NOT_LOOKED_AT = 429
ANSWERED_WITHIN_S = 0.1 if IS_SOAK else 1.0
"""In CI the machine has other work."""

TIMES_TRIED = 3

TABLES = (
    "contract",
    "contract_key",
    "debtor",
    "client",
    "access_token",
    "bank_account",
    "audit_entry",
)

CREDENTIALS = {"client_id": DEMO_CLIENT_ID, "client_secret": DEMO_CLIENT_SECRET}


@dataclass(slots=True, kw_only=True)
class Asked:
    """A house on one engine, and how many rows each of its tables had after the last answer."""

    house: House
    looking: Looking
    rows: Sequence[int] = ()

    async def has_changed(self) -> bool:
        """Whether there are more rows, or fewer, than when this was asked last."""
        before, self.rows = self.rows, await self._count()
        return self.rows != before

    async def _count(self) -> Sequence[int]:
        counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in TABLES)
        (row,) = await self.looking.rows(f"SELECT {counts}")
        return list(row)


@dataclass(slots=True, kw_only=True)
class Inquiry:
    """What an operation has been asked so far, and what was wrong with its answers."""

    good: GoodRequest
    engines: Mapping[str, Asked]
    seconds: list[float] = field(default_factory=list)
    asked: int = 0
    problems: list[str] = field(default_factory=list)

    async def ask(self, payload: Payload) -> None:
        """Ask something on each engine, and note what is wrong with the answers."""
        self.asked += 1
        told = [await self._told(payload, engine, asked) for engine, asked in self.engines.items()]
        if any(one != told[0] for one in told):
            self.problems.append(f"{payload.what}: the engines differ: {told}")

    async def _told(self, payload: Payload, engine: str, asked: Asked) -> tuple[int, str, str]:
        answer, seconds = await self._answered(asked, self._request(payload))
        self.seconds.append(seconds)
        problems = list(_problems(self.good.operation, answer))
        if answer.status_code not in payload.expected.value:
            problems.append(f"{answer.status_code}, not {payload.expected.name}")
        if await asked.has_changed() and answer.status_code >= 400:
            problems.append("refused, but something was kept")
        if seconds > ANSWERED_WITHIN_S:
            problems.append(f"answered after {seconds:.3f} s")
        self.problems += [f"{payload.what} on {engine}: {problem}" for problem in problems]
        headers = sorted(f"{name}: {value}" for name, value in answer.headers.items())
        return answer.status_code, veiled("\n".join(headers), {}), veiled(answer.text, {})

    def _request(self, payload: Payload) -> httpx2.Request:
        good = self.good
        body = json.dumps(good.document).encode() if payload.body is None else payload.body
        return httpx2.Request(
            good.operation.method,
            httpx2.URL(BASE_URL).copy_with(raw_path=payload.target or good.target),
            headers=good.headers if payload.headers is None else payload.headers,
            content=body,
        )

    async def _answered(
        self, asked: Asked, request: httpx2.Request
    ) -> tuple[httpx2.Response, float]:
        """Return the first answer, and the shortest time that it took."""
        answer, seconds = await _timed(asked, request)
        for _ in range(TIMES_TRIED - 1):
            if seconds > ANSWERED_WITHIN_S:
                seconds = min(seconds, (await _timed(asked, request))[1])
        return answer, seconds

    def told(self) -> str:
        """Return how much was asked, and how quick the answers were."""
        quickness = f"median {median(self.seconds) * 1000:.1f} ms"
        return f"{self.asked:,} payloads, {quickness}, slowest {max(self.seconds) * 1000:.0f} ms"


async def _timed(asked: Asked, request: httpx2.Request) -> tuple[httpx2.Response, float]:
    started = time.perf_counter()
    answer = await asked.house.client.send(request)
    return answer, time.perf_counter() - started


def _problems(operation: Operation, answer: httpx2.Response) -> Sequence[str]:
    is_wrong = answer.status_code >= 500 or answer.status_code == NOT_LOOKED_AT
    problems = [str(answer.status_code)] if is_wrong else []
    try:
        check_answer(operation.method, answer.request.url.path, answer)
    except NotAsDescribed as problem:
        problems.append(str(problem))
    return problems


@asynccontextmanager
async def inquiry(operation: Operation, houses: Mapping[str, House]) -> AsyncIterator[Inquiry]:
    """Begin to ask in a sandbox on each engine; in the end nothing must have been wrong."""
    async with AsyncExitStack() as way_in:
        engines = {}
        for engine, house in houses.items():
            world = await way_in.enter_async_context(in_sandbox(house, *given_for(operation)))
            looking = await way_in.enter_async_context(looking_into(house.database))
            engines[engine] = Asked(house=house, looking=looking)
            await engines[engine].has_changed()
        begun = Inquiry(good=_good_request(operation, world), engines=engines)
        yield begun
        assert not begun.problems, "\n".join(begun.problems)
        assert not any(house.reports.unexpected for house in houses.values())


def _good_request(operation: Operation, world: World) -> GoodRequest:
    """Return what is in order in every house: their ids count alike."""
    shown = request_example(operation) if "requestBody" in operation.described else {}
    ids = {
        parameter["name"]: fitted(str(example(parameter["schema"], {})), world)
        for parameter in operation.described["parameters"]
        if parameter["in"] == "path"
    }
    return GoodRequest(
        operation=operation,
        token=world.bindings["token"],
        document=json.loads(fitted(json.dumps(shown), world)),
        credentials=CREDENTIALS,
        path=operation.path,
        ids=ids,
    )


def payloads_for(good: GoodRequest, most_of_a_family: int) -> Sequence[Payload]:
    """Return so many payloads of each family that fits, at most, chosen by chance."""
    families = [list(family(good)) for family in FAMILIES]
    chosen = [random.sample(found, min(len(found), most_of_a_family)) for found in families]
    return list(chain.from_iterable(chosen))
