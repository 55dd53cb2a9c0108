"""Limits on guessing: what is counted, who has to wait, and who never does."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.domain.access import Secret
from lastschrift.domain.errors import CredentialsRefused, StoreFailed, TokenRefused
from lastschrift.domain.identity import ClientId
from lastschrift.web import limits as limits_module
from lastschrift.web.errors import TooManyAttempts
from lastschrift.web.limits import Attempt, AttemptLimits, source_of
from tests.house import FakeClock

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.1"
SHOP, OTHER_SHOP = ClientId(UUID(int=1)), ClientId(UUID(int=2))

PER_CLIENT, PER_SOURCE = 3, 10
PART_OF_CLIENT_S = 60 / PER_CLIENT


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def limits(clock: FakeClock) -> AttemptLimits:
    return limits_of(clock)


def limits_of(
    clock: FakeClock, per_client: int = PER_CLIENT, per_source: int = PER_SOURCE
) -> AttemptLimits:
    return AttemptLimits(
        clock,
        client_failures_per_minute_max=per_client,
        source_failures_per_minute_max=per_source,
    )


def shown(secret: str = "wrong", client: ClientId | None = SHOP, peer: str = HERE) -> Attempt:
    return Attempt.of(peer, Secret(secret), client)


def fail(limits: AttemptLimits, attempt: Attempt, times: int = 1) -> None:
    """Let an attempt fail, whether or not it would have been looked at."""
    for _ in range(times):
        with suppress(CredentialsRefused), limits.counting(attempt):
            raise CredentialsRefused


def succeed(limits: AttemptLimits, attempt: Attempt) -> None:
    limits.check(attempt)
    with limits.counting(attempt):
        pass


def wait_s(limits: AttemptLimits, attempt: Attempt) -> int:
    """Return for how long an attempt is told to wait; 0 if it is looked at."""
    try:
        limits.check(attempt)
    except TooManyAttempts as told:
        return told.retry_after_s
    return 0


# --- what is counted ------------------------------------------------------------------------------


def test_as_many_may_fail_as_is_set_and_no_more(limits: AttemptLimits) -> None:
    for _ in range(PER_CLIENT):
        limits.check(shown())
        fail(limits, shown())
    with pytest.raises(TooManyAttempts):
        limits.check(shown())


def test_who_waits_as_long_as_told_is_looked_at(limits: AttemptLimits, clock: FakeClock) -> None:
    fail(limits, shown(), PER_CLIENT)
    assert wait_s(limits, shown()) == PART_OF_CLIENT_S
    clock.advance(PART_OF_CLIENT_S - 0.001)
    assert wait_s(limits, shown()) == 1
    clock.advance(0.001)
    assert wait_s(limits, shown()) == 0


def test_after_a_minute_all_is_forgiven(limits: AttemptLimits, clock: FakeClock) -> None:
    fail(limits, shown(), PER_CLIENT)
    clock.advance(60)
    fail(limits, shown(), PER_CLIENT - 1)
    assert wait_s(limits, shown()) == 0


def test_what_is_right_costs_nothing(limits: AttemptLimits) -> None:
    for number in range(10 * PER_SOURCE):
        succeed(limits, shown(f"right {number}"))
    assert wait_s(limits, shown()) == 0


def test_what_the_store_could_not_tell_counts_neither_way(limits: AttemptLimits) -> None:
    for _ in range(PER_SOURCE):
        with suppress(StoreFailed), limits.counting(shown("right")):
            raise StoreFailed
    assert wait_s(limits, shown()) == 0
    fail(limits, shown(), PER_CLIENT)
    assert wait_s(limits, shown("right")) > 0


def test_who_fails_often_at_once_waits_the_longer(limits: AttemptLimits) -> None:
    fail(limits, shown(), 2 * PER_CLIENT)
    assert wait_s(limits, shown()) == 60 + PART_OF_CLIENT_S


def test_nobody_waits_longer_than_an_hour(limits: AttemptLimits) -> None:
    fail(limits, shown(), 10_000)
    assert wait_s(limits, shown()) <= 3600


@pytest.mark.parametrize("seconds", [10, 1_800, 86_400])
def test_a_clock_that_is_set_back_shuts_nobody_out(
    limits: AttemptLimits, clock: FakeClock, seconds: int
) -> None:
    fail(limits, shown(), PER_CLIENT)
    clock.advance(-seconds)
    assert wait_s(limits, shown()) == 0


# --- for whom -------------------------------------------------------------------------------------


def test_the_client_elsewhere_is_unharmed(limits: AttemptLimits) -> None:
    fail(limits, shown(), 10 * PER_SOURCE)
    assert wait_s(limits, shown(peer=ELSEWHERE)) == 0


def test_another_client_at_the_same_address_is_unharmed(limits: AttemptLimits) -> None:
    fail(limits, shown(), PER_CLIENT)
    assert wait_s(limits, shown(client=OTHER_SHOP)) == 0


def test_who_tries_many_clients_is_stopped_all_the_same(limits: AttemptLimits) -> None:
    for number in range(PER_SOURCE):
        fail(limits, shown(client=ClientId(UUID(int=100 + number))))
    assert wait_s(limits, shown(client=OTHER_SHOP)) == 60 / PER_SOURCE


@pytest.mark.parametrize("refused", [CredentialsRefused, TokenRefused])
def test_what_names_no_client_counts_against_the_address(
    limits: AttemptLimits, refused: type[Exception]
) -> None:
    for number in range(PER_SOURCE):
        attempt = shown(f"{number}", client=None)
        limits.check(attempt)
        with suppress(refused), limits.counting(attempt):
            raise refused
    assert wait_s(limits, shown("another", client=None)) == 60 / PER_SOURCE
    assert wait_s(limits, shown(peer=ELSEWHERE)) == 0


def test_what_was_right_from_here_is_looked_at_whatever_others_show(limits: AttemptLimits) -> None:
    succeed(limits, shown("right"))
    fail(limits, shown(), 10 * PER_SOURCE)
    assert wait_s(limits, shown("right")) == 0
    assert wait_s(limits, shown("right", client=OTHER_SHOP)) > 0
    assert wait_s(limits, shown("guess")) > 0


def test_what_was_right_elsewhere_waits_like_any_other(limits: AttemptLimits) -> None:
    succeed(limits, shown("right", peer=ELSEWHERE))
    fail(limits, shown(), PER_CLIENT)
    assert wait_s(limits, shown("right")) > 0


def test_what_was_right_and_is_not_any_longer_waits_like_any_other(limits: AttemptLimits) -> None:
    succeed(limits, shown("once right"))
    fail(limits, shown("once right"), PER_CLIENT)
    assert wait_s(limits, shown("once right")) > 0


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_one_host_has_one_source_however_it_is_written(one: str, other: str) -> None:
    assert source_of(one) == source_of(other)


def test_different_hosts_have_different_sources() -> None:
    hosts = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1", "::1", "", "testclient"]
    assert len({source_of(host) for host in hosts}) == len(hosts)


# --- what is kept ---------------------------------------------------------------------------------


def test_no_secret_is_kept_in_clear(limits: AttemptLimits) -> None:
    succeed(limits, shown("right one"))
    fail(limits, shown("wrong one"))
    assert " one" not in repr(limits._right_secrets) + repr(vars(limits._by_client))


def test_no_more_is_kept_than_may_be(
    limits: AttemptLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_module, "REMEMBERED_MAX", 5)
    for number in range(20):
        peer = f"192.0.2.{number}"
        succeed(limits, shown("right", peer=peer))
        fail(limits, shown(peer=peer), PER_CLIENT)
    kept = (limits._right_secrets, limits._by_client._counted, limits._by_source._counted)
    assert [len(table) for table in kept] == [5, 5, 5]
    assert wait_s(limits, shown(peer="192.0.2.19")) > 0
    assert wait_s(limits, shown("right", peer="192.0.2.19")) == 0


def test_no_number_of_tokens_makes_a_right_secret_forgotten(
    limits: AttemptLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_module, "REMEMBERED_MAX", 5)
    succeed(limits, shown("right"))
    for number in range(20):
        succeed(limits, shown(f"token {number}", client=None))
    fail(limits, shown(), PER_CLIENT)
    assert wait_s(limits, shown("right")) == 0
    assert len(limits._right_tokens) == 5


def test_who_fails_on_is_not_forgotten_for_those_who_failed_once(
    limits: AttemptLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_module, "REMEMBERED_MAX", 5)
    for number in range(20):
        fail(limits, shown())
        fail(limits, shown(peer=f"192.0.2.{10 + number}"))
    assert wait_s(limits, shown()) > 0


# --- whatever happens -----------------------------------------------------------------------------

MOMENTS = st.lists(st.floats(0, 30), min_size=1, max_size=60)
"""Seconds between one attempt and the next."""


@given(pauses=MOMENTS, per_client=st.integers(1, 20))
def test_in_no_stretch_of_time_more_is_looked_at_than_a_minutes_and_what_ran_out(
    pauses: list[float], per_client: int
) -> None:
    clock = FakeClock()
    limits = limits_of(clock, per_client, 1_000)
    looked_at: list[datetime] = []
    for pause in pauses:
        clock.advance(pause)
        if wait_s(limits, shown()) == 0:
            fail(limits, shown())
            looked_at.append(clock.now())
    for first, start in enumerate(looked_at):
        for last, end in enumerate(looked_at[first:], first):
            ran_out = (end - start) / timedelta(minutes=1) * per_client
            assert last - first + 1 <= per_client + ran_out + 0.001


@given(pauses=MOMENTS, per_client=st.integers(1, 20))
def test_who_comes_when_told_to_is_looked_at(pauses: list[float], per_client: int) -> None:
    clock = FakeClock(datetime(2026, 11, 21, tzinfo=UTC))
    limits = limits_of(clock, per_client, 1_000)
    for pause in pauses:
        clock.advance(pause)
        wait = wait_s(limits, shown())
        clock.advance(wait)
        assert wait_s(limits, shown()) == 0
        fail(limits, shown())
