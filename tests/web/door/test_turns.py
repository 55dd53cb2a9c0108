"""How long a turn of the event loop takes, on a clock that is not real."""

import asyncio

import pytest

from lastschrift.web.door.turns import Turns

pytestmark = pytest.mark.anyio

TURN_S = 0.01
MANY = 100


class Loop:
    """A loop in whose turns time passes as it is told to."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.told: list[float] = []
        self.gave_way_s: list[float] = []
        self.turns = Turns(
            asyncio.get_running_loop(),
            self.told.append,
            now_s=lambda: self.now_s,
            give_way=lambda: self.gave_way_s.append(self.now_s),
        )

    async def turn(self, seconds: float) -> None:
        """Read somebody at its beginning, and somebody at its end."""
        began_s = self.turns.began_s()
        assert began_s == self.now_s
        self.now_s += seconds
        assert self.turns.began_s() == began_s
        await asyncio.sleep(0)


async def test_who_is_read_last_came_when_the_turn_began() -> None:
    loop = Loop()
    for _ in range(3):
        await loop.turn(TURN_S)
    assert len(loop.told) == 3


async def test_what_is_told_comes_near_to_what_they_take() -> None:
    loop = Loop()
    for _ in range(MANY):
        await loop.turn(TURN_S)
    assert loop.told[0] < TURN_S / 10
    assert loop.told[-1] == pytest.approx(TURN_S, rel=0.01)
    for _ in range(MANY):
        await loop.turn(0)
    assert loop.told[-1] < TURN_S / 100


async def test_turns_in_which_nobody_asks_are_not_measured() -> None:
    loop = Loop()
    await loop.turn(TURN_S)
    loop.now_s += 60
    await asyncio.sleep(0)
    await loop.turn(TURN_S)
    assert len(loop.told) == 2
    assert loop.told[-1] < TURN_S


async def test_a_long_turn_gives_way_each_millisecond() -> None:
    loop = Loop()
    for _ in range(5):
        loop.turns.began_s()
        loop.now_s += 0.000_6
    assert loop.gave_way_s == pytest.approx([0.001_2, 0.002_4])


async def test_a_short_turn_gives_way_to_nobody() -> None:
    loop = Loop()
    for _ in range(MANY):
        await loop.turn(0.000_9)
    assert loop.gave_way_s == []
