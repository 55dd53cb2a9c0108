"""Every promise has a test that tries to catch it broken, and one that breaks it on purpose."""

from collections.abc import Callable, Sequence

import pytest

from scripts.promise_tests import Marked, controls_of, marked_tests, proofs_of
from tests.promises import PROMISES


@pytest.mark.parametrize("name", PROMISES)
@pytest.mark.parametrize("tests_of", [proofs_of, controls_of], ids=["proof", "control"])
def test_a_promise_has_its_tests(name: str, tests_of: Callable[[str], Sequence[Marked]]) -> None:
    assert tests_of(name)


def test_nothing_is_marked_as_what_is_no_promise() -> None:
    assert {test.promise for test in marked_tests()} <= PROMISES.keys()
