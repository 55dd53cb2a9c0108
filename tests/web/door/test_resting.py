"""Who was turned away and asks again at once: he rests, and is looked at when his rest is over."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from lastschrift.web.door.glance import Glances
from lastschrift.web.door.waiting import REST_S
from lastschrift.web.http import AsgiScope
from tests.web.connection.lines import FickleDoor, Line, line, post, turns

BODY = b"{}"
REFUSED = b"no"


class CrowdedDoor(FickleDoor):
    """A door with a crowd before it, a clock that is set, and rests that are ended by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.has_place = False
        self.now_s = 1.0
        self.resting: list[Callable[[], None]] = []
        self.rest = self.resting.append
        self.glance = Glances().at

    def has_crowd(self) -> bool:
        return True

    def admits(self, _scope: AsgiScope) -> bool:
        return self.has_place

    def came_s(self) -> float:
        return self.now_s

    def wait(self, come_in: Callable[[], None]) -> None:
        come_in()

    def keep(self, _data: bytes, _scope: AsgiScope) -> None:
        """Keep nothing."""

    def end_rests(self) -> None:
        """End all, and let time go by meanwhile."""
        self.now_s += REST_S
        ended = self.resting.copy()
        self.resting.clear()
        for come_back in ended:
            come_back()


@asynccontextmanager
async def turned_away(door: CrowdedDoor) -> AsyncIterator[Line]:
    """Open a connection, and be turned away on it."""
    async with line(door) as open_line:
        open_line.writer.write(post(BODY))
        assert b" 503 " in await open_line.answer(REFUSED)
        yield open_line


async def asked_too_soon(open_line: Line, door: CrowdedDoor) -> None:
    """Ask again, and see that nothing is answered yet."""
    open_line.writer.write(post(BODY))
    await turns()
    assert len(door.resting) == 1


@pytest.mark.anyio
async def test_who_asks_again_at_once_rests_before_he_is_refused() -> None:
    door = CrowdedDoor()
    async with turned_away(door) as open_line:
        for _ in range(3):
            await asked_too_soon(open_line, door)
            door.end_rests()
            assert b" 503 " in await open_line.answer(REFUSED)


@pytest.mark.anyio
async def test_who_comes_later_need_not_rest() -> None:
    door = CrowdedDoor()
    async with turned_away(door) as open_line:
        for _ in range(3):
            door.now_s += REST_S
            open_line.writer.write(post(BODY))
            assert b" 503 " in await open_line.answer(REFUSED)
        assert not door.resting


@pytest.mark.anyio
async def test_a_place_that_is_free_by_then_is_his() -> None:
    door = CrowdedDoor()
    async with turned_away(door) as open_line:
        await asked_too_soon(open_line, door)
        door.has_place = True
        door.end_rests()
        assert b" 200 " in await open_line.answer(BODY)


@pytest.mark.anyio
async def test_what_comes_in_pieces_meanwhile_is_not_lost() -> None:
    door = CrowdedDoor()
    async with turned_away(door) as open_line:
        asked = post(BODY)
        open_line.writer.write(asked[:30])
        await turns()
        open_line.writer.write(asked[30:])
        await turns()
        door.has_place = True
        door.end_rests()
        assert b" 200 " in await open_line.answer(BODY)


@pytest.mark.anyio
async def test_who_leaves_meanwhile_leaves_nothing() -> None:
    door = CrowdedDoor()
    async with turned_away(door) as open_line:
        await asked_too_soon(open_line, door)
        open_line.writer.close()
        await turns()
        door.end_rests()
        assert not open_line.connections


def shut(open_line: Line) -> None:
    """End all connections as the server does at its end."""
    open_line.ending.set()
    for connection in open_line.connections:
        connection.shutdown()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("has_place", "status", "body"), [(False, b"503", REFUSED), (True, b"200", BODY)]
)
async def test_a_server_that_ends_answers_who_rests(
    status: bytes, body: bytes, *, has_place: bool
) -> None:
    door = CrowdedDoor()
    async with turned_away(door) as open_line:
        await asked_too_soon(open_line, door)
        shut(open_line)
        door.has_place = has_place
        door.end_rests()
        assert b" %b " % status in await open_line.answer(body)
        assert await open_line.reader.read() == b""


@pytest.mark.anyio
async def test_a_server_that_ends_does_not_wait_for_the_rest_of_a_request() -> None:
    door = CrowdedDoor()
    async with turned_away(door) as open_line:
        open_line.writer.write(post(BODY)[:30])
        await turns()
        shut(open_line)
        door.end_rests()
        assert await open_line.reader.read() == b""
