"""From facts to answers: every fact is known on every wire, and says no more than it should."""

import json

import pytest

from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    Conflict,
    DomainError,
    NotFound,
    Unavailable,
)
from lastschrift.web.errors import ErrorTable, MethodUnknown, RouteUnknown, Unexpected
from lastschrift.web.http import Response
from scripts.docs import PAGES, is_fresh
from scripts.errors_page import all_facts, error_tables, in_words, sample_of, wire_of

TABLES = error_tables()
ANSWERS = [
    pytest.param(wire, fact, id=f"{wire}-{fact.__name__}")
    for wire in TABLES
    for fact in all_facts()
    if wire_of(fact) in (None, wire)
]

SEED_IBAN = "DE89370400440532013000"


def header(response: Response, name: bytes) -> bytes:
    return dict(response.headers)[name]


# --- every fact on every wire ---------------------------------------------------------------------


def test_there_are_facts_and_wires_to_look_at() -> None:
    assert set(TABLES) == {"oauth", "pace", "secuconnect"}
    assert len(list(all_facts())) > 35


@pytest.mark.parametrize(("wire", "fact"), ANSWERS)
def test_every_wire_has_words_for_the_fact(wire: str, fact: type[DomainError]) -> None:
    answer = TABLES[wire].answer(sample_of(fact))
    assert answer.status == 303 or 400 <= answer.status <= 503
    assert in_words(answer)


@pytest.mark.parametrize(("wire", "fact"), ANSWERS)
def test_only_the_documented_duplicate_names_an_iban(wire: str, fact: type[DomainError]) -> None:
    told = TABLES[wire].answer(sample_of(fact)).body.decode()
    is_duplicate = (wire, fact) == ("secuconnect", BankAccountAlreadyRegistered)
    assert (SEED_IBAN in told) == is_duplicate


@pytest.mark.parametrize(("wire", "fact"), ANSWERS)
def test_what_is_no_fault_of_the_request_says_when_to_come_again(
    wire: str, fact: type[DomainError]
) -> None:
    answer = TABLES[wire].answer(sample_of(fact))
    assert (answer.status == 503) == issubclass(fact, Unavailable)
    if answer.status == 503:
        assert int(header(answer, b"retry-after")) >= 1


@pytest.mark.parametrize("wire", TABLES)
def test_each_wire_answers_the_families_and_what_is_unexpected_itself(wire: str) -> None:
    families = [*DomainError.__subclasses__(), Unexpected]
    ours = [family for family in families if family.__module__.startswith("lastschrift.")]
    assert len(ours) >= 7
    assert [TABLES[wire].entry(family) for family in ours] == ours


@pytest.mark.parametrize("wire", TABLES)
def test_an_unknown_method_names_those_there_are(wire: str) -> None:
    answer = TABLES[wire].answer(MethodUnknown(["GET", "POST"]))
    assert answer.status == 405
    assert header(answer, b"allow") == b"GET, POST"


@pytest.mark.parametrize("wire", TABLES)
def test_of_what_is_unexpected_only_the_support_id_is_told(wire: str) -> None:
    answer = TABLES[wire].answer(Unexpected("f" * 32))
    assert answer.status == 500
    assert "f" * 32 in answer.body.decode()
    json.loads(answer.body)


def test_the_page_of_errors_is_fresh() -> None:
    (page,) = (page for page in PAGES if page.path == "docs/reference/errors.md")
    assert is_fresh(page), "make docs"


# --- the mechanism --------------------------------------------------------------------------------


def test_the_nearest_ancestor_answers() -> None:
    table: ErrorTable[str] = ErrorTable(
        {DomainError: lambda _: "something", NotFound: lambda _: "not found"}
    )
    assert table.answer(RouteUnknown()) == "not found"
    assert table.answer(Conflict()) == "something"


def test_a_fact_without_any_entry_is_an_error_of_ours() -> None:
    table: ErrorTable[str] = ErrorTable({NotFound: lambda _: "not found"})
    with pytest.raises(LookupError, match="Conflict"):
        table.answer(Conflict())
