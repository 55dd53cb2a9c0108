"""What PACE's clients ask for in a query: filters, inclusion, pages, languages."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.apis.pace.languages import Language, preferred_language
from lastschrift.apis.pace.query import (
    ListQuery,
    NumberedPage,
    Related,
    StatusFilter,
    parse_included,
    parse_list_query,
)
from lastschrift.apis.pace.refusals import FilterRefused, QueryNotSupported
from lastschrift.domain.errors import Invalid
from lastschrift.operations.ports import Page


def asked(text: str) -> ListQuery:
    return parse_list_query(parse_qsl(text, keep_blank_values=True))


def at_fault(kind: type[Invalid], text: str) -> list[str]:
    """Return the parameters that are refused."""
    with pytest.raises(kind) as refused:
        asked(text)
    assert type(refused.value) is kind
    return [parameter for problem in refused.value.problems for parameter in problem.path]


# --- filters --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", StatusFilter)
def test_a_documented_status_is_understood(status: StatusFilter) -> None:
    assert asked(f"filter[status]={status}").status is status


def test_nothing_asked_is_the_whole_list() -> None:
    query = asked("")
    assert (query.status, query.included, query.page) == (None, frozenset(), None)
    assert query.slice == Page(1000, 0)


@pytest.mark.parametrize("text", ["", "Valid", "verified", "valid,createdOrValid"])
def test_another_status_is_refused(text: str) -> None:
    assert at_fault(FilterRefused, f"filter[status]={text}") == ["filter[status]"]


@pytest.mark.parametrize(
    "name",
    [
        "prn:poi:gas-stations:8c2d3b7e-7f0d-4b5e-9a53-6a0a6a0c2f51",
        "prn:cms:fuels:ron95",
        "prn:cms:products:a:b",
    ],
)
def test_a_resource_name_is_a_purpose(name: str) -> None:
    assert asked(f"filter[purpose]={name}").purpose == name


@pytest.mark.parametrize(
    "name", ["", "prn", "prn:cms", "prn:cms:fuels", "prn:cms:fuels:", "x:a:b:c"]
)
def test_anything_else_is_no_purpose(name: str) -> None:
    assert at_fault(FilterRefused, f"filter[purpose]={name}") == ["filter[purpose]"]


def test_all_that_is_wrong_is_told_at_once_but_400_before_422() -> None:
    filters = "filter[status]=x&filter[purpose]=x"
    assert at_fault(FilterRefused, filters) == ["filter[status]", "filter[purpose]"]
    rest = "sort=x&include=x&page[number]=x&page[size]=x"
    assert at_fault(QueryNotSupported, f"{filters}&{rest}") == [
        "sort",
        "include",
        "page[number]",
        "page[size]",
    ]


def test_of_a_parameter_that_is_there_twice_the_last_counts() -> None:
    assert asked("page[size]=x&page[size]=5").page == NumberedPage(0, 5)


def test_other_parameters_are_ignored() -> None:
    assert asked("filter[colour]=red&page[offset]=x&fields[paymentMethod]=alias&q=1") == asked("")


# --- inclusion ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "included"),
    [
        ("", set()),
        ("paymentTokens", {Related.TOKENS}),
        ("paymentMethodKind,paymentMethodVendor", {Related.KIND, Related.VENDOR}),
        ("paymentMethodKind,paymentMethodKind,", {Related.KIND}),
    ],
)
def test_what_is_related_is_included(text: str, included: set[Related]) -> None:
    assert asked(f"include={text}").included == included
    assert parse_included([("include", text)]) == included


@pytest.mark.parametrize(
    "text", ["owner", "paymentToken", "paymentTokens.owner", "paymentTokens, x"]
)
def test_what_is_not_related_is_not_supported(text: str) -> None:
    assert at_fault(QueryNotSupported, f"include={text}") == ["include"]
    with pytest.raises(QueryNotSupported):
        parse_included([("include", text)])


# --- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "page", "count", "offset"),
    [
        ("page[number]=0", NumberedPage(0, 50), 50, 0),
        ("page[size]=100", NumberedPage(0, 100), 100, 0),
        ("page[number]=3&page[size]=7", NumberedPage(3, 7), 7, 21),
        ("page[number]=1000000000&page[size]=1", NumberedPage(10**9, 1), 1, 10**9),
    ],
)
def test_pages_are_counted_from_zero(
    text: str, page: NumberedPage, count: int, offset: int
) -> None:
    query = asked(text)
    assert (query.page, query.slice) == (page, Page(count, offset))


@pytest.mark.parametrize("number", ["", "-1", "1.0", "x", "٣", "1000000001", "9" * 5000])
def test_what_is_no_page_number_is_not_supported(number: str) -> None:
    assert at_fault(QueryNotSupported, f"page[number]={number}") == ["page[number]"]


@pytest.mark.parametrize("size", ["", "0", "101", "-1", "5 "])
def test_what_is_no_page_size_is_not_supported(size: str) -> None:
    assert at_fault(QueryNotSupported, f"page[size]={size}") == ["page[size]"]


@given(
    status=st.sampled_from([None, *StatusFilter]),
    purpose=st.sampled_from([None, "prn:cms:fuels:ron95"]),
    user=st.sampled_from([None, "f:1f0c:jon.smith", "ä&page[size]=7"]),
    included=st.frozensets(st.sampled_from(Related)),
    number=st.integers(0, 10**9),
    size=st.integers(1, 100),
)
def test_a_written_query_asks_for_the_same(
    *,
    status: StatusFilter | None,
    purpose: str | None,
    user: str | None,
    included: frozenset[Related],
    number: int,
    size: int,
) -> None:
    page = NumberedPage(number, size)
    query = ListQuery(status=status, purpose=purpose, user=user, included=included, page=page)
    assert asked(query.at(page)) == query


# --- languages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, Language.ENGLISH),
        (b"", Language.ENGLISH),
        (b"de", Language.GERMAN),
        (b"DE-at", Language.GERMAN),
        (b"fr", Language.ENGLISH),
        (b"*", Language.ENGLISH),
        (b"fr, *;q=0.1", Language.ENGLISH),
        (b"de;q=0.4, en;q=0.5", Language.ENGLISH),
        (b"de;q=0.5, en;q=0.5", Language.GERMAN),
        (b"en;q=0, de;q=0.001", Language.GERMAN),
        (b"de;q=0", Language.ENGLISH),
        (b"de;q=2, ;;, de;x=1", Language.ENGLISH),
        (b" de-DE , en ; q=0.9 ", Language.GERMAN),
        (b"\xff", Language.ENGLISH),
    ],
)
def test_the_language_that_is_read_best_is_answered(
    accepted: bytes | None, language: Language
) -> None:
    assert preferred_language(accepted) is language


@given(st.binary(max_size=100))
def test_any_header_gets_a_language(accepted: bytes) -> None:
    assert preferred_language(accepted) in Language
