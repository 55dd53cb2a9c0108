"""Whether the machine's host has other work, and the wait until it has none."""

from collections.abc import Callable
from itertools import accumulate, chain

import pytest

from bench.host import await_quiet_host, kept_back, least_disturbed


def test_some_part_is_kept_back_or_none() -> None:
    assert 0 <= kept_back() <= 1


def test_it_is_looked_again_until_the_host_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    looks = iter([0.4, 0.02, 0.005])
    assert await_quiet_host(look=lambda: next(looks), rest_s=0)
    assert next(looks, None) is None
    (said,) = capfd.readouterr().err.splitlines()
    assert said.endswith("keeps 40% of the processors for others: waiting 300 s at most")


def test_a_host_that_is_never_quiet_is_measured_on_all_the_same(
    capfd: pytest.CaptureFixture[str],
) -> None:
    looks = iter([0.4])
    assert not await_quiet_host(0, look=lambda: next(looks), rest_s=1)
    assert capfd.readouterr().err.endswith("measured all the same\n")


def stolen(*seconds: float) -> Callable[[], float]:
    """Return what tells, before and behind each measuring, what was stolen by then."""
    told = iter([clock for one in accumulate(seconds) for clock in (one, one)])
    before = chain([0.0], told)
    return lambda: next(before)


def quiet() -> bool:
    return True


def test_what_was_measured_on_a_quiet_host_counts() -> None:
    measured = iter("ab")
    assert least_disturbed(lambda: next(measured), wait=quiet, stolen_s=stolen(0.0)) == ("a", 0)


def test_what_was_disturbed_is_measured_again(capfd: pytest.CaptureFixture[str]) -> None:
    measured = iter("abc")
    clock = stolen(9.0, 0.0)
    assert least_disturbed(lambda: next(measured), wait=quiet, stolen_s=clock) == ("b", 0)
    assert capfd.readouterr().err.endswith("measuring again\n")


def test_where_all_was_disturbed_the_least_counts() -> None:
    measured = iter("abc")
    clock = stolen(9e9, 1e9, 8e9)
    result, kept = least_disturbed(lambda: next(measured), 3, wait=quiet, stolen_s=clock)
    assert result == "b"
    assert kept > 1


def test_on_a_host_that_is_never_quiet_it_is_measured_once() -> None:
    measured = iter("ab")
    clock = stolen(9.0, 0.0)
    result, _ = least_disturbed(lambda: next(measured), wait=lambda: False, stolen_s=clock)
    assert result == "a"
