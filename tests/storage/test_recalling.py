"""What takes long is found out once for all who ask at once, and again when it is too old."""

import asyncio

import pytest

from lastschrift.storage import recalling
from lastschrift.storage.recalling import Recollection

pytestmark = pytest.mark.anyio

AGE_S = 60.0


class Asked:
    """A question that is answered when a test says so, with how often it was asked."""

    def __init__(self) -> None:
        self.times = 0
        self.is_answered = asyncio.Event()
        self.is_answered.set()

    async def __call__(self, before: int | None) -> int:
        assert before in {None, self.times}
        self.times += 1
        number = self.times
        await self.is_answered.wait()
        return number


async def test_what_was_found_not_long_ago_is_told_again() -> None:
    recollection, asked = Recollection(), Asked()
    assert [await recollection.recall("it", asked, AGE_S) for _ in range(3)] == [1, 1, 1]
    assert await recollection.recall("another", Asked(), AGE_S) == 1


async def test_what_is_too_old_is_found_out_anew() -> None:
    recollection, asked = Recollection(), Asked()
    assert [await recollection.recall("it", asked, -1) for _ in range(3)] == [1, 2, 3]


async def test_many_who_ask_at_once_ask_once() -> None:
    recollection, asked = Recollection(), Asked()
    asked.is_answered.clear()
    waiting = [asyncio.create_task(recollection.recall("it", asked, AGE_S)) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    asked.is_answered.set()
    assert await asyncio.gather(*waiting[1:]) == [1, 1, 1, 1]
    assert waiting[0].cancelled()


async def test_what_failed_is_not_remembered() -> None:
    recollection, asked = Recollection(), Asked()

    async def fail(_before: int | None) -> int:
        raise LookupError

    with pytest.raises(LookupError):
        await recollection.recall("it", fail, AGE_S)
    assert await recollection.recall("it", asked, AGE_S) == 1


async def test_the_oldest_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalling, "REMEMBERED_MAX", 2)
    recollection, asked = Recollection(), [Asked() for _ in range(3)]
    for number in range(3):
        await recollection.recall(number, asked[number], AGE_S)
    assert await recollection.recall(2, asked[2], AGE_S) == 1
    assert await recollection.recall(0, Asked(), AGE_S) == 1
    assert list(recollection._answers) == [2, 0]
