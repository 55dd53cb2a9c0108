"""The book finds what is lost and what is doubled, and how long nothing was answered."""

from uuid import UUID, uuid4

import pytest

from tests.cluster.ledger import Kept, Ledger, Verdict, longest_gap

KEPT = Kept("PACE", "DE89370400440532013000")


def ledger_of(*accounts: UUID, unnamed: int = 0) -> Ledger:
    ledger = Ledger()
    for account in (*accounts, *[None] * unnamed):
        ledger.note(account, KEPT, at=0.0)
    return ledger


@pytest.fixture
def accounts() -> list[UUID]:
    return [uuid4() for _ in range(3)]


def test_nothing_is_lost_or_doubled_if_all_is_there_once(accounts: list[UUID]) -> None:
    assert ledger_of(*accounts).settle(accounts, repeated=0) == Verdict(lost=0, doubled=0)


def test_an_acknowledged_account_that_is_missing_is_lost(accounts: list[UUID]) -> None:
    assert ledger_of(*accounts).settle(accounts[1:], repeated=0) == Verdict(lost=1, doubled=0)


def test_a_row_that_nobody_was_told_of_is_doubled(accounts: list[UUID]) -> None:
    assert ledger_of(*accounts[1:]).settle(accounts, repeated=0) == Verdict(lost=0, doubled=1)


def test_an_id_that_is_there_twice_is_doubled(accounts: list[UUID]) -> None:
    stored = [*accounts, accounts[0]]
    assert ledger_of(*accounts).settle(stored, repeated=1) == Verdict(lost=0, doubled=1)


def test_what_was_only_said_to_exist_must_be_there_too(accounts: list[UUID]) -> None:
    ledger = ledger_of(*accounts[1:], unnamed=1)
    assert ledger.settle(accounts, repeated=0) == Verdict(lost=0, doubled=0)
    assert ledger.settle(accounts[1:], repeated=0) == Verdict(lost=1, doubled=0)


def test_a_lost_and_a_strange_row_do_not_cancel_out(accounts: list[UUID]) -> None:
    stored = [*accounts[1:], uuid4()]
    assert ledger_of(*accounts).settle(stored, repeated=0) == Verdict(lost=1, doubled=1)


def test_what_was_lost_in_one_round_is_not_counted_in_the_next(accounts: list[UUID]) -> None:
    ledger = ledger_of(*accounts)
    ledger.settle(accounts[1:], repeated=0)
    assert ledger.settle(accounts[1:], repeated=0) == Verdict(lost=0, doubled=0)


@pytest.mark.parametrize(
    ("times", "gap"),
    [
        ([], 10.0),
        ([1.0, 2.0, 9.0], 7.0),
        ([6.0, 7.0], 6.0),  # from the mishap to the first answer
        ([1.0], 9.0),  # from the last answer to the end
        ([-5.0, 20.0], 10.0),  # before it began, and after all was well
        ([9.0, 1.0, 5.0], 4.0),  # clients finish in any order
    ],
)
def test_the_gap_is_the_longest_time_without_an_answer(times: list[float], gap: float) -> None:
    assert longest_gap(times, start=0.0, end=10.0) == gap
