"""Who is let in, on a clock that is not real: one server, whose speed is given, answers in turn."""

import heapq
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastschrift.web.door.admission import PLACES, PLACES_FILLED, Admission, Visit
from lastschrift.web.door.waiting import REST_S

WAIT_S_MAX = 0.015
SETTLED_S = 1.0
"""By then the number of places has found what the server can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a request; ``took_s`` None: it was turned away."""

    party: Hashable
    came_s: float
    took_s: float | None


class Server:
    """Answers one request after the other, of those that it lets in."""

    def __init__(self, *, places: float = PLACES) -> None:
        self.now_s = 0.0
        self.admission = Admission(wait_s_max=WAIT_S_MAX, places=places, now_s=lambda: self.now_s)
        self._under_way: deque[tuple[float, Visit]] = deque()
        self._free_from_s = 0.0

    def outcomes(
        self, arrivals: Iterable[tuple[float, Hashable]], speed: Callable[[float], float]
    ) -> list[Outcome]:
        """Let requests come; ``speed`` is how many of them are answered in a second."""
        return [self._outcome(came_s, party, speed(came_s)) for came_s, party in arrivals]

    def outcomes_in_turn(
        self, clients: int, speed: float, *, seconds: float, again_after_s: float
    ) -> list[Outcome]:
        """Let each client ask as soon as it is answered; who is refused, a little later."""
        begin_s = self.now_s
        due = [(begin_s + number / 1e6, number) for number in range(clients)]
        outcomes = []
        while due[0][0] < begin_s + seconds:
            came_s, number = due[0]
            outcome = self._outcome(came_s, "A", speed)
            outcomes.append(outcome)
            pause_s = again_after_s if outcome.took_s is None else outcome.took_s
            heapq.heapreplace(due, (came_s + pause_s, number))
        return outcomes

    def _outcome(self, came_s: float, party: Hashable, speed: float) -> Outcome:
        while self._under_way and self._under_way[0][0] <= came_s:
            self.now_s, visit = self._under_way.popleft()
            visit.leave()
        self.now_s = came_s
        if self.admission.is_crowded and not self.admission.admits(party):
            return Outcome(party=party, came_s=came_s, took_s=None)
        self._free_from_s = max(self._free_from_s, came_s) + 1 / speed
        visit = self.admission.enter(party if self.admission.is_crowded else None)
        self._under_way.append((self._free_from_s, visit))
        return Outcome(party=party, came_s=came_s, took_s=self._free_from_s - came_s)


def every(rate: float, seconds: float, party: Hashable = "A") -> Iterator[tuple[float, Hashable]]:
    """Let a party ask at a rate."""
    return ((number / rate, party) for number in range(int(rate * seconds)))


def settled(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.came_s >= SETTLED_S]


def times_s(outcomes: Sequence[Outcome]) -> list[float]:
    return sorted(outcome.took_s for outcome in outcomes if outcome.took_s is not None)


# --- how long, and how many -----------------------------------------------------------------------


@pytest.mark.parametrize("times", [1.2, 5, 20])
@pytest.mark.parametrize("speed", [3_000, 10_000])
def test_whatever_the_load_what_is_let_in_is_answered_in_time_and_nothing_stands_idle(
    speed: float, times: float
) -> None:
    arrivals = list(every(speed * times, 1.5))
    took_s = times_s(settled(Server().outcomes(arrivals, lambda _: speed)))
    assert took_s[-1] < 1.2 * WAIT_S_MAX
    assert len(took_s) > 0.95 * 0.5 * speed


@pytest.mark.parametrize(("times", "part"), [(1.1, 0.94), (2, 0.675), (5, 0.48), (50, 0.36)])
def test_the_more_are_turned_away_the_shorter_is_the_queue(times: float, part: float) -> None:
    speed = 10_000
    took_s = times_s(settled(Server().outcomes(every(speed * times, 2), lambda _: speed)))
    one_party = 0.8  # of the places
    assert took_s[len(took_s) // 2] == pytest.approx(one_party * part * WAIT_S_MAX, rel=0.1)
    assert len(took_s) > 0.95 * speed


@settings(max_examples=50)
@given(speed=st.floats(50, 20_000), times=st.floats(1.1, 5))
def test_a_server_of_any_speed_has_its_hands_full_and_no_long_queue(
    speed: float, times: float
) -> None:
    server = Server(places=2 * PLACES_FILLED)
    answers = 1_000
    arrivals = list(every(speed * times, answers / speed))
    took_s = times_s(server.outcomes(arrivals, lambda _: speed))
    full_s = min(PLACES_FILLED / speed, 10 * WAIT_S_MAX)
    assert took_s[len(took_s) // 2] < 1.2 * max(WAIT_S_MAX, full_s) + 1 / speed
    assert len(took_s) > 0.9 * answers


@settings(max_examples=50)
@given(speed=st.floats(50, 20_000), load=st.floats(0.01, 0.99))
def test_what_can_be_served_is_not_turned_away(speed: float, load: float) -> None:
    arrivals = list(every(speed * load, 1_000 / speed))
    outcomes = Server().outcomes(arrivals, lambda _: speed)
    assert all(outcome.took_s is not None for outcome in outcomes)


def test_a_burst_after_a_quiet_time_is_let_in() -> None:
    server = Server()
    server.outcomes(every(20, 5), lambda _: 30)  # a disk that takes 33 ms for a COMMIT
    burst = [(10.0, "A")] * (PLACES // 2)
    assert all(outcome.took_s for outcome in server.outcomes(burst, lambda _: 10_000))


# --- when the server's speed changes --------------------------------------------------------------


def test_a_server_that_stalls_is_as_busy_as_before_when_it_goes_on() -> None:
    def speed(now_s: float) -> float:
        return 50 if 1 < now_s < 3 else 10_000

    arrivals = list(every(50_000, 5))
    outcomes = Server().outcomes(arrivals, speed)
    after = times_s([outcome for outcome in outcomes if outcome.came_s > 4])
    assert len(after) > 9_500
    assert after[-1] < 1.2 * WAIT_S_MAX


@pytest.mark.parametrize(("again_after_s", "is_over"), [(REST_S, True), (0.0001, False)])
def test_a_flood_is_over_when_it_is_over_as_who_was_refused_rests(
    again_after_s: float, *, is_over: bool
) -> None:
    server, speed = Server(), 3_400
    server.outcomes(every(10 * speed, 1), lambda _: speed)
    after = server.outcomes_in_turn(32, speed, seconds=2, again_after_s=again_after_s)
    refused = [outcome for outcome in after if outcome.took_s is None]
    last_s = max(outcome.came_s for outcome in refused) - after[0].came_s
    assert (last_s < 1) is is_over


def test_places_found_at_once_are_not_lost_by_one_hiccup() -> None:
    server = Server()
    visits = [server.admission.enter(None) for _ in range(20)]
    server.now_s = 0.2
    for visit in visits:
        visit.leave()
    assert server.admission.places == PLACES


@pytest.mark.parametrize(("turn_s", "places"), [(0, 32), (WAIT_S_MAX / 6, 16), (WAIT_S_MAX, 8)])
def test_a_loop_without_time_keeps_the_store_less_busy(turn_s: float, places: float) -> None:
    server = Server()
    server.admission.heed(turn_s)
    server.outcomes(every(5_000, 2), lambda _: 300)  # of which 4 or 5 are done in time
    assert server.admission.places == pytest.approx(places, rel=0.05)


# --- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("floods", [1, 2, 4])
def test_a_party_that_asks_for_little_gets_it_whoever_else_floods(floods: int) -> None:
    arrivals = sorted(
        [
            *(arrival for flood in range(floods) for arrival in every(20_000, 1.5, flood)),
            *every(300, 1.5, "small"),
        ],
        key=lambda arrival: arrival[0],
    )
    outcomes = settled(Server().outcomes(arrivals, lambda _: 10_000))
    small = [outcome for outcome in outcomes if outcome.party == "small"]
    assert len(times_s(small)) > 0.99 * len(small)


def test_parties_that_flood_get_equal_parts() -> None:
    rates = {"A": 10_000, "B": 30_000, "C": 4_500}
    arrivals = sorted(
        (arrival for party, rate in rates.items() for arrival in every(rate, 3, party)),
        key=lambda arrival: arrival[0],
    )
    outcomes = settled(Server().outcomes(arrivals, lambda _: 5_000))
    shares = {
        party: len(times_s([outcome for outcome in outcomes if outcome.party == party])) / 10_000
        for party in rates
    }
    assert all(0.25 < share < 0.45 for share in shares.values()), shares


# --- whatever happens -----------------------------------------------------------------------------

STEPS = st.lists(st.tuples(st.sampled_from("ABC"), st.floats(0, 2)), max_size=200)


@given(steps=STEPS)
def test_who_left_is_not_under_way_and_there_is_always_a_place(
    steps: Sequence[tuple[str, float]],
) -> None:
    server = Server(places=8)
    admission, visits = server.admission, deque[Visit]()
    for party, pause_s in steps:
        server.now_s += pause_s
        if admission.admits(party):
            visits.append(admission.enter(party))
        else:
            visits.popleft().leave()
        assert admission.under_way == len(visits)
        assert admission.places >= 1
    while visits:
        visits.popleft().leave()
    assert admission.under_way == 0
    assert not admission.is_crowded
    assert all(map(admission.admits, "ABC"))
