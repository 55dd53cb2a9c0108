"""What PostgreSQL says of itself is never taken for a fault of who asked, or the other way."""

import asyncpg
import pytest

from lastschrift.storage.postgres.failures import Failure, failure_of

STATES = sorted(
    {
        state
        for kind in vars(asyncpg).values()
        if isinstance(kind, type) and issubclass(kind, asyncpg.PostgresError)
        for state in [getattr(kind, "sqlstate", None)]
        if state is not None
    }
)
"""All that the driver knows: those of PostgreSQL's manual, appendix A."""

OF_THE_SERVER = ("08", "28", "40", "53", "55", "57", "58", "XX")
OF_THE_STATEMENT = ("21", "22", "23", "42", "54")
REFUSED_BY_RIGHTS = "42501"


def error_of(state: str, context: str | None = None) -> asyncpg.PostgresError:
    fields = {"C": state, "M": "made up"}
    if context is not None:
        fields["W"] = context
    return asyncpg.PostgresError.new(fields)


@pytest.mark.parametrize("state", [state for state in STATES if state[:2] in OF_THE_SERVER])
def test_what_befalls_the_server_is_no_fault_of_who_asked(state: str) -> None:
    assert failure_of(error_of(state)) is not Failure.OWN


@pytest.mark.parametrize("state", [state for state in STATES if state[:2] in OF_THE_STATEMENT])
def test_what_is_wrong_with_a_statement_is_told_at_once(state: str) -> None:
    is_own = failure_of(error_of(state)) is Failure.OWN
    assert is_own is (state != REFUSED_BY_RIGHTS)


@pytest.mark.parametrize(
    ("state", "failure"),
    [
        ("40001", Failure.AGAIN),
        ("40P01", Failure.AGAIN),
        ("40003", Failure.LOST),
        ("25006", Failure.LOST),
        ("25P03", Failure.LOST),
        ("25P04", Failure.LOST),
        ("57014", Failure.UNABLE),
        ("57P01", Failure.LOST),
        ("57P04", Failure.LOST),
        ("53100", Failure.UNABLE),
    ],
)
def test_what_a_state_of_its_own_means(state: str, failure: Failure) -> None:
    assert failure_of(error_of(state)) is failure


LOCK_NOT_AVAILABLE = "55P03"


def test_who_holds_a_row_is_told_from_who_holds_a_table() -> None:
    of_a_row = error_of(LOCK_NOT_AVAILABLE, 'while locking tuple (0,1) in relation "debtor"')
    assert failure_of(of_a_row) is Failure.LOCKED
    assert failure_of(error_of(LOCK_NOT_AVAILABLE)) is Failure.CLOSED
