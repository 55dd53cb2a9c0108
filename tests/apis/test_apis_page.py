"""The reference page of the APIs tells of every operation and status, as an exchange shows it."""

from collections.abc import Callable

import pytest

from lastschrift.web.api import Api
from scripts.apis_page import (
    ANYWHERE,
    Shown,
    all_apis,
    apis_reference,
    golden_exchanges,
    known_from,
    missing_exchanges,
    operation_of,
    operations,
)
from tests.apis.golden import read_exchange

APIS = {api.name: api for api in all_apis()}

CUSTOMERS = "/api/v2/Payment/Customers"


def shown(name: str, provenance: str = "assumed", asked: str = "GET /", status: int = 200) -> Shown:
    head = f"# source: none\n# provenance: {provenance}\n"
    exchange = read_exchange(f"{head}{asked}\n\nHTTP/1.1 {status}\n")
    return Shown("secuconnect", name, exchange)


# --- completeness ---------------------------------------------------------------------------------


def test_every_status_of_every_operation_has_a_golden_exchange() -> None:
    missing = list(missing_exchanges())
    assert not missing, (
        f"{len(missing)} statuses are described but not shown; write tests/apis/<api>/"
        f"<operation>-<case>.http, or take the status out of the route's answers:\n"
        + "\n".join(missing)
    )


def missing_without(is_left_out: Callable[[Shown], bool]) -> set[str]:
    """Return what is missing if some exchanges are left out, and not otherwise."""
    kept = [one for one in golden_exchanges() if not is_left_out(one)]
    return set(missing_exchanges(kept)) - set(missing_exchanges())


def test_a_status_that_is_not_shown_is_noticed() -> None:
    missing = missing_without(lambda one: one.name.startswith("customers-get"))
    path = f"{CUSTOMERS}/{{id}}"
    assert missing == {f"secuconnect: GET {path} answers {status}" for status in (200, 403, 404)}


@pytest.mark.parametrize("status", sorted(ANYWHERE))
def test_what_an_api_answers_everywhere_is_shown_once_for_all_operations(status: int) -> None:
    missing = missing_without(lambda one: one.api == "pace" and one.exchange.status == status)
    assert len(missing) == len(operations(APIS["pace"]))


@pytest.mark.parametrize("api", APIS.values(), ids=APIS)
def test_the_page_tells_of_every_operation(api: Api) -> None:
    page = apis_reference()
    for route in operations(api):
        assert f"### `{route.method} {route.path}`" in page
    assert "OPTIONS" not in page


# --- which operation an exchange shows ------------------------------------------------------------


@pytest.mark.parametrize(
    ("api", "asked", "path"),
    [
        ("secuconnect", f"GET {CUSTOMERS}/{{customer}}", f"{CUSTOMERS}/{{id}}"),
        ("secuconnect", f"GET {CUSTOMERS.lower()}?count=1", CUSTOMERS),
        ("secuconnect", f"OPTIONS {CUSTOMERS}", None),
        ("secuconnect", f"GET {CUSTOMERS}/", None),
        ("secuconnect", f"GET {CUSTOMERS}/1/2/3", None),
        ("pace", "GET /PAY/2024-1/payment-methods", None),
        ("pace", "GET /pay/2024-1/payment-methods/sepa-direct-debit", None),
    ],
)
def test_an_exchange_shows_the_operation_that_the_router_finds(
    api: str, asked: str, path: str | None
) -> None:
    found = operation_of(APIS[api], shown("a", asked=asked).exchange)
    assert (found and found.path) == path


# --- provenance -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provenances", "known"),
    [
        (["assumed"], "assumed"),
        (["assumed", "assumed"], "assumed"),
        (["documented", "documented body; assumed status"], "documented"),
        (["documented body; assumed status"], "documented body; assumed status"),
        (["assumed", "documented"], "documented; other cases assumed"),
        (["assumed", "observed", "documented"], "documented; other cases observed or assumed"),
        (
            ["assumed case; observed text", "assumed"],
            "assumed case; observed text; other cases assumed",
        ),
        ([], "not shown"),
    ],
)
def test_a_status_is_known_from_its_firmest_exchange_and_less_firmly_from_others(
    provenances: list[str], known: str
) -> None:
    assert known_from([shown(f"a-{place}", it) for place, it in enumerate(provenances)]) == known
