"""What was asked while the machine's host had other work is left out of the times."""

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


def test_who_still_waits_when_a_disturbed_second_begins_is_left_out() -> None:
    assert outcome([0, 0, 0.5], (0.5, 1.4), (0.5, 1.6)).undisturbed(STATUS).times_s == [1.4]
