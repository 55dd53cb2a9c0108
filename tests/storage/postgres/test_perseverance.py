"""Connections whose answers take too long are dropped, and no others."""

import asyncio
from typing import cast

import pytest

from lastschrift.storage.postgres import perseverance
from lastschrift.storage.postgres.connecting import Connection
from lastschrift.storage.postgres.perseverance import Watch

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("impatient")]

ANSWER_S = 0.05


class Line:
    """A connection of which nothing is asked but to be dropped."""

    def __init__(self) -> None:
        self.dropped = asyncio.Event()

    def terminate(self) -> None:
        self.dropped.set()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perseverance, "_ANSWER_S", ANSWER_S)


async def wait_in_vain(watch: Watch, line: Line) -> float:
    """Wait for an answer that never comes; return after how long the connection was dropped."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    with watch.answered_in_time(cast("Connection", line)):
        await asyncio.wait_for(line.dropped.wait(), 100 * ANSWER_S)
    return loop.time() - began


async def answer(watch: Watch, line: Line) -> None:
    with watch.answered_in_time(cast("Connection", line)):
        await asyncio.sleep(0)


async def test_each_has_its_whole_time_whoever_was_asked_before() -> None:
    watch, answered, silent = Watch(), Line(), Line()
    with watch.answered_in_time(cast("Connection", answered)):
        await asyncio.sleep(ANSWER_S / 2)
        waiting = asyncio.ensure_future(wait_in_vain(watch, silent))
        await asyncio.sleep(0)
    assert await waiting >= ANSWER_S
    assert not answered.dropped.is_set()


async def test_who_answers_in_time_each_time_is_never_dropped() -> None:
    watch, busy, silent = Watch(), Line(), Line()
    waiting = asyncio.ensure_future(wait_in_vain(watch, silent))
    while not waiting.done():
        await answer(watch, busy)
    await waiting
    await answer(watch, busy)
    assert not busy.dropped.is_set()


async def test_after_a_rest_it_watches_again() -> None:
    watch = Watch()
    await answer(watch, Line())
    await wait_in_vain(watch, Line())
    await wait_in_vain(watch, Line())
