"""The real server, asked by machine: whatever a description allows, or forbids, is answered by it.

Schemathesis makes requests of the APIs' OpenAPI documents: good ones, bad ones, and every boundary.
By default always the same ones, so that a change is to blame if this fails. LASTSCHRIFT_EXAMPLES
asks for another number of examples per operation, and for other ones each time.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis import CheckFunction
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from lastschrift.apis.oauth.paths import INTROSPECT, REVOKE
from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from lastschrift.domain.access import Scope
from lastschrift.domain.countries import COUNTRIES
from lastschrift.domain.refusals import ValueRefused
from lastschrift.domain.text import latin_text
from tests.databases import ENGINES, keeping_on
from tests.serving import RunningServer, running_sandbox
from tests.storage.filling import german_iban
from tests.web.descriptions import DOCUMENTS

AnyCase = schemathesis.Case[Any]

EXAMPLES_MIN = 200
EXAMPLES_ASKED = os.environ.get("LASTSCHRIFT_EXAMPLES")

LEFT_OUT = {
    "missing_required_header": "no header is required but Authorization, see ignored_auth",
    "allow_header_conformance": "OPTIONS is answered to browsers, by Access-Control-Allow-Methods",
    "use_after_free": "looks at sequences of requests, and these are single ones",
    "ensure_resource_availability": "the same",
    "object_level_authorization": "needs two users; tests of operations and golden exchanges have",
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
schemathesis.openapi.format(
    "latin", st.text(st.characters(max_codepoint=0x2FFF).filter(is_latin)).filter(str.strip)
)

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
                "max-examples": int(EXAMPLES_ASKED or EXAMPLES_MIN),
                "deterministic": EXAMPLES_ASKED is None,
                "allow-x00": False,  # in no text of ours, known or not: see test_hostile.py
            },
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


@pytest.fixture(scope="module")
def headers(server: RunningServer) -> dict[str, str]:
    """Return the headers of requests that may do everything."""
    asked = {
        "grant_type": "client_credentials",
        "client_id": DEMO_CLIENT_ID,
        "client_secret": DEMO_CLIENT_SECRET,
        "scope": " ".join(Scope),
    }
    answer = httpx2.post(f"{server.url}/oauth/token", data=asked)
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


secuconnect, pace = schema_of("secuconnect"), schema_of("pace")


@pytest.mark.parametrize("schema", [secuconnect, pace])
def test_every_check_is_made_that_is_not_left_out(schema: schemathesis.BaseSchema) -> None:
    checks = schema.config.checks_config_for()
    names = set(CHECKS.get_all_names())
    assert names > set(LEFT_OUT)
    assert {name for name in names if not checks.get_by_name(name=name).enabled} == set(LEFT_OUT)


@secuconnect.parametrize()
def test_secuconnect_answers_as_described(
    case: AnyCase, server: RunningServer, headers: dict[str, str]
) -> None:
    case.call_and_validate(
        base_url=server.url,
        headers=headers,
        excluded_checks=[*not_said_by_secuconnect(case), *not_said_of_clients(case)],
    )


@pace.parametrize()
def test_pace_answers_as_described(
    case: AnyCase, server: RunningServer, headers: dict[str, str]
) -> None:
    case.call_and_validate(
        base_url=server.url,
        headers=headers,
        excluded_checks=[*not_said_by_pace(case), *not_said_of_clients(case)],
    )


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
            return [negative_data_rejection] if has_empty_text(body) else []


def has_empty_text(value: object) -> bool:
    """Whether there is an empty text anywhere in a body or a query."""
    match value:
        case Mapping():
            return any(map(has_empty_text, value.values()))
        case list():
            return any(map(has_empty_text, value))
        case _:
            return value == ""
