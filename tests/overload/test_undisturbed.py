"""What was asked while the machine's host had other work is left out of the times."""

from tests.overload.flood import Flooded
from tests.overload.rush import Answers, Outcome

STATUS = 200


def outcome(stolen: list[float], *asked: tuple[float, float]) -> Outcome:
    due_s, times_s = zip(*asked, strict=True)
    answers = Answers(due_s=list(due_s), times_s=list(times_s))
    return Outcome(len(stolen), {STATUS: answers}, 0, 0, stolen)


def test_where_nothing_is_stolen_all_counts() -> None:
    every = outcome([0, 0.005, 0], (0, 0.1), (1.5, 1), (2.9, 0.5))
    assert every.undisturbed(STATUS).times_s == [0.1, 1, 0.5]


def test_a_disturbed_second_and_the_next_one_are_left_out() -> None:
    asked = [(second + 0.5, second) for second in range(5)]
    every = outcome([0, 0, 0.5, 0, 0], *((due_s, 0.01 * (number + 1)) for due_s, number in asked))
    assert every.undisturbed(STATUS).times_s == [0.01, 0.02, 0.05]


def test_a_rate_is_of_whole_undisturbed_seconds() -> None:
    beside = Outcome(6, {}, 0, 0, stolen=[0, 0, 0.5, 0, 0, 0], begun_s=1_000.5)
    asked_in = {1_000: 1, 1_001: 10, 1_002: 2, 1_003: 3, 1_004: 4, 1_005: 30, 1_006: 5}
    flooded = Flooded(7, sum(asked_in.values()), 0, 0, asked_in)
    assert flooded.rate_undisturbed(beside) == (10 + 30) / 2


def test_who_still_waits_when_a_disturbed_second_begins_is_left_out() -> None:
    assert outcome([0, 0, 0.5], (0.5, 1.4), (0.5, 1.6)).undisturbed(STATUS).times_s == [1.4]
