"""Whether the machine's host has other work, and the wait until it has none."""

import pytest

from bench.host import await_quiet_host, kept_back


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
