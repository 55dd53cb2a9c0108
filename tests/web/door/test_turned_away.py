"""Who was turned away and asks again: told the same, as long as there is no place."""

import gc
import weakref
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack
from functools import partial
from http import HTTPStatus
from itertools import count
from types import SimpleNamespace
from typing import cast

import pytest

from lastschrift.web.connection.known_head import KnownHead
from lastschrift.web.door.admission import Admission
from lastschrift.web.door.door import Door
from lastschrift.web.door.refusal import OwnHeaders, Refusal
from lastschrift.web.door.turned_away import TurnedAway
from lastschrift.web.errors import Overloaded
from lastschrift.web.http import AsgiScope, Edge, Header, HeaderBlock, Response

BODY = b"{}"
DATA = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n" + BODY
SCOPE: AsgiScope = {
    "method": "POST",
    "path": "/a",
    "raw_path": b"/a",
    "headers": [(b"host", b"a"), (b"content-length", b"2")],
    "keep_alive": True,
}
NOW, LATER = [(b"date", b"now")], [(b"date", b"later")]
PLACES = 10


def say(error: Overloaded) -> Response:
    wait = (b"retry-after", b"%d" % error.retry_after_s)
    return Response(HTTPStatus.SERVICE_UNAVAILABLE, BODY, (wait,))


def numbered() -> OwnHeaders:
    """Return what gives each answer a number of its own."""
    numbers: Iterator[int] = count()
    return lambda _request: [(b"number", b"%d" % next(numbers))]


class Asking:
    """A client that was turned away, by a door with ``PLACES`` places."""

    def __init__(
        self,
        *,
        own_headers: OwnHeaders | None = None,
        party_of: Callable[[AsgiScope], Hashable] = lambda _scope: "A",
    ) -> None:
        self.admission = Admission(wait_s_max=1, places=PLACES, now_s=lambda: 0)
        self.counted = 0
        head = KnownHead.of(DATA, SCOPE)
        assert head is not None
        edge = cast("Edge", None)  # of which a refusal's own headers know more than these here
        self.again = TurnedAway(
            head,
            SCOPE,
            Refusal(edge, say, HeaderBlock(), own_headers),
            party_of=party_of,
            admits=self.admission.admits,
            count=self._count,
            retry_after_s=partial(next, count(1)),
        )

    def _count(self) -> None:
        self.counted += 1

    def told(self, date: list[Header]) -> bytes:
        answer = self.again.answer(date)
        assert answer is not None
        return answer


def fill(admission: Admission) -> ExitStack:
    """Take all places, until what is returned is closed."""
    taken = ExitStack()
    for _ in range(PLACES):
        taken.callback(admission.enter("B").leave)
    return taken


def test_a_place_that_is_free_again_is_found_at_once() -> None:
    asking = Asking()
    taken = fill(asking.admission)
    assert asking.again.answer(NOW) is not None
    taken.close()
    assert asking.again.answer(NOW) is None


def test_what_is_told_stays_the_same_for_a_second() -> None:
    asking = Asking()
    fill(asking.admission)
    first, second, third = asking.told(NOW), asking.told(NOW), asking.told(LATER)
    assert first == second
    assert b"date: now\r\n" in first
    assert b"retry-after: 1\r\n" in first
    assert b"date: later\r\n" in third
    assert b"retry-after: 2\r\n" in third


def test_each_refusal_is_counted() -> None:
    asking = Asking()
    taken = fill(asking.admission)
    for _ in range(5):
        asking.told(NOW)
    taken.close()
    asking.again.answer(NOW)
    assert asking.counted == 5


def test_where_each_answer_has_something_of_its_own_it_is_made_anew() -> None:
    asking = Asking(own_headers=numbered())
    fill(asking.admission)
    assert b"number: 0\r\n" in asking.told(NOW)
    assert b"number: 1\r\n" in asking.told(NOW)


def test_whose_it_is_is_asked_again_each_second() -> None:
    parties = iter(["B", "A"])
    asking = Asking(party_of=lambda _scope: next(parties))
    for _ in range(PLACES - 1):
        asking.admission.enter("B")  # so that the last place is not for a further one of B's
    assert asking.again.answer(NOW) is not None
    assert asking.again.answer(NOW) is not None
    assert asking.again.answer(LATER) is None


# --- what connections have in common --------------------------------------------------------------


def door_of_nobody() -> Door:
    """Return a door to no API, that knows no token."""
    bearer = SimpleNamespace(contract_of=lambda _value: None)
    return Door(
        [],
        cast("Edge", SimpleNamespace(bearer=bearer)),
        wait_s_max=1,
        connections_max=1,
        log_turned_away=lambda _count, _seconds: None,
    )


@pytest.mark.anyio
async def test_connections_that_send_the_same_head_have_it_in_common() -> None:
    door = door_of_nobody()
    first, second = door.keep(DATA, SCOPE), door.keep(DATA, dict(SCOPE))
    assert first is not None
    assert second is first
    other = DATA.replace(b"Host: a", b"Host: b")
    assert (
        door.keep(other, {**SCOPE, "headers": [(b"host", b"b"), SCOPE["headers"][1]]}) is not first
    )


@pytest.mark.anyio
async def test_a_head_that_no_connection_sends_any_more_is_forgotten() -> None:
    door = door_of_nobody()
    kept = weakref.ref(cast("TurnedAway", door.keep(DATA, SCOPE)))
    gc.collect()
    assert kept() is None
