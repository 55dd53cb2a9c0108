"""A supply of random bytes gives each byte once, to one process."""

import os

from hypothesis import given
from hypothesis import strategies as st

from lastschrift.randomness import RandomSupply


@given(st.lists(st.integers(min_value=8, max_value=6_000), min_size=2, max_size=40))
def test_every_draw_has_the_length_asked_for_and_none_comes_twice(lengths: list[int]) -> None:
    supply = RandomSupply()
    draws = [supply.take(length) for length in lengths]
    assert [len(draw) for draw in draws] == lengths
    assert len({draw[:8] for draw in draws}) == len(draws)


def test_a_forked_child_draws_other_bytes_than_its_parent() -> None:
    supply = RandomSupply()
    supply.take(8)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, supply.take(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 16) != supply.take(16)
    os.close(reading)
    os.close(writing)
