"""The real server, asked by machine: whatever a description allows, or forbids, is answered by it.

Schemathesis makes requests of the APIs' OpenAPI documents: good ones, bad ones, and every boundary.
In CI always the same ones, so that a change is to blame if this fails; in a soak, and where
LASTSCHRIFT_EXAMPLES asks for a number of examples per operation, other ones each time.
"""

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import apsw
import httpx2
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis import CheckFunction
from schemathesis.checks import CHECKS
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from lastschrift.apis.oauth.paths import INTROSPECT, REVOKE
from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from lastschrift.domain.access import TOKEN_LIFETIME, Scope
from lastschrift.domain.countries import COUNTRIES
from lastschrift.domain.refusals import ValueRefused
from lastschrift.domain.text import latin_text
from tests.databases import ENGINES, keeping_on
from tests.promises import IS_SOAK, control, promise, rounds
from tests.serving import RunningServer, running_sandbox
from tests.storage.filling import german_iban
from tests.web.descriptions import DOCUMENTS, OPERATIONS

AnyCase = schemathesis.Case[Any]

EXAMPLES = int(os.environ.get("LASTSCHRIFT_EXAMPLES", rounds(ci=100, soak=1_000)))
IS_CHOSEN_ANEW = IS_SOAK or "LASTSCHRIFT_EXAMPLES" in os.environ

LEFT_OUT = {
    "missing_required_header": "no header is required but Authorization, see ignored_auth",
    "use_after_free": "looks at sequences of requests; our own state machine makes those, and "
    "knows how each has to be answered (any-history). schemathesis' has to be given the same ids "
    "each time that it tries a sequence, and a server's are new",
    "ensure_resource_availability": "the same",
    "object_level_authorization": "needs two users; tests/isolation asks for everything as each "
    "kind of stranger, for lists, changes and deletions too",
}
"""The checks of schemathesis that are not made, and why. All others are."""

MANY_MAY_FAIL = {
    "LASTSCHRIFT_CLIENT_FAILURES_PER_MINUTE_MAX": "1000000",
    "LASTSCHRIFT_SOURCE_FAILURES_PER_MINUTE_MAX": "1000000",
}
"""Here thousands of wrong secrets come from one address, and each is to be looked at."""


# --- what the formats of our own look like --------------------------------------------------------


def is_latin(character: str) -> bool:
    try:
        latin_text(character, characters_max=9)
    except ValueRefused:
        return False
    return True


schemathesis.openapi.format(
    "iban", st.integers(0, 10**10 - 1).map(lambda number: german_iban(number).reveal())
)
schemathesis.openapi.format(
    "bic", st.from_regex("[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", fullmatch=True)
)
schemathesis.openapi.format("country-code", st.sampled_from(sorted(COUNTRIES)))
LATIN = "".join(filter(is_latin, map(chr, range(0x3000))))
schemathesis.openapi.format("latin", st.text(LATIN).filter(str.strip))

NAMES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
for kind, text in (("customer", "contact.surname"), ("container", "private.owner")):
    values = st.builds("{}:{}{}".format, st.just(text), NAMES, st.sampled_from(["", "*", "?"]))
    schemathesis.openapi.format(f"{kind}-query", st.lists(values, min_size=1).map(" OR ".join))
    schemathesis.openapi.format(f"{kind}-sort", st.sampled_from([f"{text}:asc", "created:dsc"]))


# --- asking ---------------------------------------------------------------------------------------


def schema_of(name: str) -> schemathesis.BaseSchema:
    """Return what makes requests of a document."""
    configuration = schemathesis.Config.from_dict(
        {
            "generation": {
                "max-examples": EXAMPLES,
                "deterministic": not IS_CHOSEN_ANEW,
                "allow-x00": False,  # in no text of ours, known or not: see test_hostile.py
            },
            "suppress-health-check": ["too_slow"],  # says something about the machine only
            "checks": {name: {"enabled": False} for name in LEFT_OUT},
        }
    )
    return schemathesis.openapi.from_dict(DOCUMENTS[name], config=configuration)


@pytest.fixture(scope="module", params=ENGINES)
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """Return a sandbox that this file's tests have for themselves, on each engine in turn."""
    with (
        keeping_on(request.param) as options,
        running_sandbox(None, *options, **MANY_MAY_FAIL) as running,
    ):
        yield running


class Bearer:
    """Gives headers that let do everything; all tests together take longer than a token lives."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._token = ""
        self._renewed_at = -math.inf

    def headers(self) -> dict[str, str]:
        """Return the headers of one request."""
        if time.monotonic() - self._renewed_at > TOKEN_LIFETIME.total_seconds() / 2:
            self._renewed_at = time.monotonic()
            self._token = self._new_token()
        return {"authorization": f"Bearer {self._token}"}

    def _new_token(self) -> str:
        asked = {
            "grant_type": "client_credentials",
            "client_id": DEMO_CLIENT_ID,
            "client_secret": DEMO_CLIENT_SECRET,
            "scope": " ".join(Scope),
        }
        answer = httpx2.post(f"{self._server.url}/oauth/token", data=asked)
        return str(answer.json()["access_token"])


@pytest.fixture(scope="module")
def bearer(server: RunningServer) -> Bearer:
    return Bearer(server)


secuconnect, pace = schema_of("secuconnect"), schema_of("pace")


@pytest.mark.parametrize("schema", [secuconnect, pace])
def test_every_check_is_made_that_is_not_left_out(schema: schemathesis.BaseSchema) -> None:
    checks = schema.config.checks_config_for()
    names = set(CHECKS.get_all_names())
    assert names > set(LEFT_OUT)
    assert {name for name in names if not checks.get_by_name(name=name).enabled} == set(LEFT_OUT)


@promise("never-5xx")
@secuconnect.parametrize()
def test_secuconnect_answers_as_described(
    case: AnyCase, server: RunningServer, bearer: Bearer
) -> None:
    case.call_and_validate(
        base_url=server.url,
        headers=bearer.headers(),
        excluded_checks=[*not_said_by_secuconnect(case), *not_said_of_clients(case)],
    )


@promise("never-5xx")
@pace.parametrize()
def test_pace_answers_as_described(case: AnyCase, server: RunningServer, bearer: Bearer) -> None:
    case.call_and_validate(
        base_url=server.url,
        headers=bearer.headers(),
        excluded_checks=[*not_said_by_pace(case), *not_said_of_clients(case)],
    )


@promise("never-5xx")
def test_every_operation_is_asked(figure: Callable[[str], None]) -> None:
    found = [*secuconnect.get_all_operations(), *pace.get_all_operations()]
    asked = {result.ok().label for result in found if isinstance(result, Ok)}
    assert asked == {f"{operation.method} {operation.path}" for operation in OPERATIONS}
    checks = len(CHECKS.get_all_names()) - len(LEFT_OUT)
    figure(
        f"{EXAMPLES:,} examples for each of {len(asked)} operations on each engine, {checks} checks"
    )


@control("never-5xx")
def test_a_server_error_is_noticed() -> None:
    with running_sandbox() as server:
        case = secuconnect["/api/v2/Payment/Customers"]["POST"].Case(body={"contact": {}})
        headers = Bearer(server).headers()
        case.call_and_validate(base_url=server.url, headers=headers)
        with closing(apsw.Connection(str(server.directory / "lastschrift.db"))) as database:
            database.execute("DROP TABLE debtor")
        with pytest.raises(FailureGroup, match="Server error"):
            case.call_and_validate(base_url=server.url, headers=headers)


# --- what the descriptions do not say -------------------------------------------------------------


def not_said_of_clients(case: AnyCase) -> list[CheckFunction]:
    """Return the checks that don't know that a client shows its credentials in the body.

    No schema can say which credentials exist; of the token endpoint itself schemathesis knows it.
    """
    return [positive_data_acceptance] if case.path in {REVOKE, INTROSPECT} else []


def not_said_by_secuconnect(case: AnyCase) -> list[CheckFunction]:
    """Return the checks that know less than the server about a request.

    No schema can say that ``customer`` and ``customer_id`` must name the same one; nor that an
    idempotency key is for one request, and both its headers for one key. That an empty text counts
    as absent is not said because nobody should rely on it; in a query, objects and lists can become
    empty too. A list that is read batch by batch is not for every order, and not for no time.
    """
    is_scroll = "scroll_expire" in case.query
    names_two = isinstance(case.body, dict) and {"customer", "customer_id"} <= set(case.body)
    has_key = any(name in case.headers for name in ("Idempotency-Key", "X-Action"))
    is_nested = any(isinstance(value, (Mapping, list)) for value in case.query.values())
    may_be_empty = is_nested or has_empty_text([case.body, case.query])
    return [
        *([positive_data_acceptance] if names_two or has_key or is_scroll else []),
        *([negative_data_rejection] if may_be_empty else []),
    ]


def not_said_by_pace(case: AnyCase) -> list[CheckFunction]:
    """Return the checks that know less than the server about a request.

    The schema does not say that beside a company's name a person's is not looked at; nor what an
    empty text means.
    """
    match case.body:
        case {"data": {"attributes": {"company": str()}}}:
            return [negative_data_rejection]
        case body:
            is_good = has_empty_text(body) or is_latin_by_chance(case)
            return [negative_data_rejection] if is_good else []


def is_latin_by_chance(case: AnyCase) -> bool:
    """Whether a text that was made to break the format "latin" is Latin all the same.

    schemathesis knows how to make texts of a format of ours, not how to tell whether one is.
    """
    broken = case.meta.phase.data.location if case.meta is not None else None
    return broken is not None and has_latin_at(broken, case.body)


def has_latin_at(place: str, body: object) -> bool:
    """Whether a Latin text is in a body where its schema has ``place``."""
    for name in place.split("/properties/")[1:]:
        body = body.get(name) if isinstance(body, Mapping) else None
    return isinstance(body, str) and bool(body.strip()) and all(map(is_latin, body))


@pytest.mark.parametrize(("city", "is_good"), [("\u023e", True), ("\u0416", False), (" ", False)])
def test_a_text_that_is_latin_by_chance_is_known(city: str, is_good: bool) -> None:
    body = {"data": {"address": {"city": city}}}
    assert has_latin_at("/properties/data/properties/address/properties/city", body) is is_good
    assert not has_latin_at("/properties/data/properties/address", body)


def has_empty_text(value: object) -> bool:
    """Whether there is an empty text anywhere in a body or a query."""
    match value:
        case Mapping():
            return any(map(has_empty_text, value.values()))
        case list():
            return any(map(has_empty_text, value))
        case _:
            return value == ""
